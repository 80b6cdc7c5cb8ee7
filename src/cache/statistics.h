// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "larder/cache/options.h"
#include "larder/engine/engine.h"

namespace larder::detail {

/// What is counted.
enum class Event : std::uint8_t {
  hit,
  miss,
  put,
  erased,
  expired,
  evicted,
  schema_miss,
  corrupt_miss,
  load,
  load_failure,
  stale_hit,
};
inline constexpr std::size_t event_kinds = 11;

/// What one update did: added to the statistics after its commit, so that an update that fails
/// counts nothing.
class Tally {
 public:
  void add(Event event, std::uint64_t times = 1) {
    counts_[static_cast<std::size_t>(event)] += times;
  }
  [[nodiscard]] std::uint64_t of(Event event) const {
    return counts_[static_cast<std::size_t>(event)];
  }
  [[nodiscard]] const std::array<std::uint64_t, event_kinds>& all() const noexcept {
    return counts_;
  }

 private:
  std::array<std::uint64_t, event_kinds> counts_{};
};

/// The statistics of a cache in shared memory. Each thread adds to one of several stripes, one
/// cache line each, so that threads rarely meet.
///
/// Thread-safe.
class Statistics {
 public:
  Statistics(Engine& engine, const std::string& name);

  void add(Event event) const noexcept;
  void add(const Tally& tally) const noexcept;
  [[nodiscard]] CacheStats read() const noexcept;
  void reset() const noexcept;

  /// A hint: entries with sequence numbers from here on have not been cleared.
  [[nodiscard]] std::uint64_t cleared_below() const noexcept;
  void raise_cleared_below(std::uint64_t least) const noexcept;

 private:
  static constexpr std::size_t stripes = 16;

  [[nodiscard]] std::uint64_t* stripe() const noexcept;
  [[nodiscard]] std::uint64_t sum(Event event) const noexcept;

  bool is_read_only_ = false;          // nothing is counted then
  std::span<std::uint64_t> counters_;  // accessed atomically, like the next
  std::uint64_t* cleared_below_ = nullptr;
};

}  // namespace larder::detail
