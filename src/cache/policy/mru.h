// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "cache/policy/shared.h"
#include "larder/cache/eviction_policy.h"

namespace larder::detail {

/// Most recently used goes first: for loops over more entries than fit (Chou and DeWitt, "An
/// evaluation of buffer management strategies for relational database systems", VLDB 1985).
///
/// The last 65536 uses are kept in a ring; the place of each entry tells which of them was its
/// last. Walking back, the first use that is still its entry's last names the victim; if 4096 uses
/// are not enough for that, the newest entry goes.
class Mru final : public EvictionPolicy {
 public:
  explicit Mru(TableSize size) : size_(size) {}

  [[nodiscard]] std::string memory_name() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  void attach(std::span<std::byte> memory) override;
  void note_use(std::uint64_t sequence, BytesView key) noexcept override;
  void note_store(std::uint64_t sequence, BytesView key) noexcept override;
  void note_removal(std::uint64_t /*sequence*/, BytesView /*key*/,
                    RemovalCause /*cause*/) noexcept override {}
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override;

 private:
  [[nodiscard]] Shared<std::uint32_t>& last_use(std::uint64_t sequence) const noexcept {
    return last_uses_[sequence & (last_uses_.size() - 1)];
  }

  TableSize size_;
  Shared<std::uint64_t>* uses_ = nullptr;
  std::span<Shared<std::uint64_t>> ring_;       // sequence numbers, by time of use
  std::span<Shared<std::uint32_t>> last_uses_;  // low bits of the time of the last use
};

}  // namespace larder::detail
