// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "cache/policy/candidate_pool.h"
#include "cache/policy/shared.h"
#include "larder/cache/eviction_policy.h"

namespace larder::detail {

/// Least recently used (already in Mattson et al., "Evaluation techniques for storage hierarchies",
/// IBM Systems Journal 9(2), 1970), without the list that reads would have to lock.
///
/// Time is a counter of uses, and the place of each entry holds the time of its last use. Who was
/// used longest ago is found by comparing: `CandidatePool`. A cache of many thousands does not note
/// a use again where the last is more recent than a thousandth of the entries: hot entries are then
/// read without a write to shared memory.
class Lru final : public EvictionPolicy {
 public:
  explicit Lru(TableSize size) : size_(size) {}

  [[nodiscard]] std::string memory_name() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  void attach(std::span<std::byte> memory) override;
  void note_use(std::uint64_t sequence, BytesView key) noexcept override;
  void note_store(std::uint64_t sequence, BytesView key) noexcept override;
  void note_removal(std::uint64_t /*sequence*/, BytesView /*key*/,
                    RemovalCause /*cause*/) noexcept override {}
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override;

 private:
  struct Board {
    alignas(64) Shared<std::uint64_t> uses;
    alignas(64) Shared<std::uint64_t> slack;  // a use this recent need not be noted again
    alignas(64) CandidatePool::Memory pool;
  };

  [[nodiscard]] Shared<std::uint32_t>& last_use(std::uint64_t sequence) const noexcept {
    return last_uses_[sequence & (last_uses_.size() - 1)];
  }

  TableSize size_;
  Board* board_ = nullptr;
  std::span<Shared<std::uint32_t>> last_uses_;  // low bits of the time of the last use
};

}  // namespace larder::detail
