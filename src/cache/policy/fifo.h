// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "larder/cache/eviction_policy.h"

namespace larder::detail {

/// First in, first out. Needs no memory.
class Fifo final : public EvictionPolicy {
 public:
  [[nodiscard]] std::string memory_name() const override { return "fifo"; }
  [[nodiscard]] std::size_t memory_bytes() const override { return 0; }
  void attach(std::span<std::byte> /*memory*/) override {}
  void note_use(std::uint64_t /*sequence*/, BytesView /*key*/) noexcept override {}
  void note_store(std::uint64_t /*sequence*/, BytesView /*key*/) noexcept override {}
  void note_removal(std::uint64_t /*sequence*/, BytesView /*key*/,
                    RemovalCause /*cause*/) noexcept override {}
  [[nodiscard]] std::optional<std::uint64_t> choose(Residents& residents) override;
};

/// The oldest entry that is not pinned.
[[nodiscard]] std::optional<std::uint64_t> oldest_of(Residents& residents);

}  // namespace larder::detail
