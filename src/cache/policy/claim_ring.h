// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "cache/policy/shared.h"

namespace larder::detail {

/// A queue of entries in shared memory. Its elements are claims: an entry may have gone since, so
/// whoever takes one checks it. A process killed at any point leaves a queue that works, with at
/// most one claim missing or twice.
///
/// Not thread-safe: used within updates, which come one at a time.
class ClaimRing {
 public:
  struct Ends {
    alignas(64) Shared<std::uint64_t> in;
    Shared<std::uint64_t> out;
  };

  ClaimRing() = default;
  ClaimRing(Ends& ends, std::span<Shared<std::uint32_t>> claims) : ends_(&ends), claims_(claims) {}

  /// Claims, those of entries that went included.
  [[nodiscard]] std::uint64_t size() const noexcept {
    const std::uint64_t size = ends_->in.get() - ends_->out.get();
    return size <= claims_.size() ? size : 0;  // after a crash anything may stand there
  }

  /// Adds a claim. If there is no room, the oldest is lost and returned.
  std::optional<std::uint64_t> push(std::uint64_t sequence) noexcept {
    std::optional<std::uint64_t> lost;
    if (size() == 0) ends_->out.set(ends_->in.get());
    if (size() == claims_.size()) {
      lost = oldest(sequence + 1);
      drop_oldest();
    }
    const std::uint64_t at = ends_->in.get();
    claims_[at % claims_.size()].set(static_cast<std::uint32_t>(sequence));
    ends_->in.set(at + 1);
    return lost;
  }

  /// The oldest claim, there must be one. Sequence numbers are kept in 32 bits: they lie less than
  /// 2^32 below `end`.
  [[nodiscard]] std::uint64_t oldest(std::uint64_t end) const noexcept {
    const std::uint32_t low = claims_[ends_->out.get() % claims_.size()].get();
    const std::uint32_t distance = static_cast<std::uint32_t>(end) - low;
    return end - std::min<std::uint64_t>(end, distance);
  }

  void drop_oldest() noexcept { ends_->out.set(ends_->out.get() + 1); }

 private:
  Ends* ends_ = nullptr;
  std::span<Shared<std::uint32_t>> claims_;
};

}  // namespace larder::detail
