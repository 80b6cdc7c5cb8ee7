// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cache/policy/shared.h"

namespace larder::detail {

/// Remembers the keys of entries that went, by fingerprints of 32 bits and the time they were
/// added, counted in additions. A key is forgotten when as many others as the reach came after it,
/// or earlier if its bucket of four is full; one in a billion is taken for another.
///
/// Not thread-safe: used within updates, which come one at a time. The memory may be lost.
class Ghosts {
 public:
  struct Clock {
    alignas(64) Shared<std::uint32_t> additions;
    Shared<std::uint32_t> reach;
  };
  using Cell = Shared<std::uint64_t>;  // fingerprint, time; 0 is free

  Ghosts() = default;
  Ghosts(Clock& clock, std::span<Cell> cells) : clock_(&clock), cells_(cells) {}

  /// How many additions a key is remembered for.
  void set_reach(std::uint64_t reach) noexcept;

  void add(std::uint64_t hash) noexcept;

  /// Whether the key is remembered. It is forgotten by this.
  bool take(std::uint64_t hash) noexcept;

 private:
  static constexpr std::size_t ways = 4;

  [[nodiscard]] std::span<Cell> bucket(std::uint64_t hash) const noexcept;
  [[nodiscard]] std::uint32_t age(const Cell& cell) const noexcept;

  Clock* clock_ = nullptr;
  std::span<Cell> cells_;
};

}  // namespace larder::detail
