// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "larder/cache/eviction_policy.h"

namespace larder::detail {

/// Any entry, all with the same probability. Needs no memory: sequence numbers are drawn until one
/// belongs to an entry. Long-lived entries leave gaps behind them, so one draw in 14 hits in a
/// cache of a million; after 128 misses the next entry behind the last draw goes.
class RandomChoice final : public EvictionPolicy {
 public:
  [[nodiscard]] std::string memory_name() const override { return "random"; }
  [[nodiscard]] std::size_t memory_bytes() const override { return 0; }
  void attach(std::span<std::byte> /*memory*/) override {}
  void note_use(std::uint64_t /*sequence*/, BytesView /*key*/) noexcept override {}
  void note_store(std::uint64_t /*sequence*/, BytesView /*key*/) noexcept override {}
  void note_removal(std::uint64_t /*sequence*/, BytesView /*key*/,
                    RemovalCause /*cause*/) noexcept override {}
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override;
};

}  // namespace larder::detail
