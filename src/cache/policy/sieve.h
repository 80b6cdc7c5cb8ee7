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

/// SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is simpler than LRU", NSDI 2024). A hand
/// moves through the insertion order from the oldest entry to the newest, and then begins anew.
/// What was used since the hand last passed stays where it is and must be used again before the
/// hand returns; the first that was not used goes. A use sets one byte, unless it is set: the
/// cheapest note of all.
///
/// After 65536 entries that were all used, the next goes: a choice has a bounded cost.
class Sieve final : public EvictionPolicy {
 public:
  explicit Sieve(TableSize size) : size_(size) {}

  [[nodiscard]] std::string memory_name() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  void attach(std::span<std::byte> memory) override;
  void note_use(std::uint64_t sequence, BytesView key) noexcept override;
  void note_store(std::uint64_t sequence, BytesView key) noexcept override;
  void note_removal(std::uint64_t /*sequence*/, BytesView /*key*/,
                    RemovalCause /*cause*/) noexcept override {}
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override;

 private:
  [[nodiscard]] Shared<std::uint8_t>& visited(std::uint64_t sequence) const noexcept {
    return visited_[sequence & (visited_.size() - 1)];
  }

  TableSize size_;
  Shared<std::uint64_t>* hand_ = nullptr;  // where the next search begins
  std::span<Shared<std::uint8_t>> visited_;
};

}  // namespace larder::detail
