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

/// Least frequently used, the oldest of several (Mattson et al., 1970, as well): each entry has a
/// counter of its uses, up to 65535, which begins at 1 when it is stored and is forgotten when it
/// goes. Threads that read the same entry at the same time may count once. Nothing ages: what was
/// popular once stays.
class Lfu final : public EvictionPolicy {
 public:
  explicit Lfu(TableSize size) : size_(size) {}

  [[nodiscard]] std::string memory_name() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  void attach(std::span<std::byte> memory) override;
  void note_use(std::uint64_t sequence, BytesView key) noexcept override;
  void note_store(std::uint64_t sequence, BytesView key) noexcept override;
  void note_removal(std::uint64_t /*sequence*/, BytesView /*key*/,
                    RemovalCause /*cause*/) noexcept override {}
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override;

 private:
  [[nodiscard]] Shared<std::uint16_t>& uses(std::uint64_t sequence) const noexcept {
    return uses_[sequence & (uses_.size() - 1)];
  }

  TableSize size_;
  CandidatePool::Memory* pool_ = nullptr;
  std::span<Shared<std::uint16_t>> uses_;
};

}  // namespace larder::detail
