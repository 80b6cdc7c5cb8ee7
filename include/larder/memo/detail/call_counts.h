// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "larder/memo/memoize_stats.h"

namespace larder::detail {

/// Counts calls whose results are in a shared place, without that threads get into each other's
/// way.
///
/// Thread-safe.
class CallCounts {
 public:
  void add_hit() noexcept { line().hits.fetch_add(1, std::memory_order_relaxed); }
  void add_miss() noexcept { line().misses.fetch_add(1, std::memory_order_relaxed); }

  [[nodiscard]] MemoizeStats sum() const noexcept;
  void reset() noexcept;

 private:
  struct alignas(64) Line {
    std::atomic<std::uint64_t> hits = 0;
    std::atomic<std::uint64_t> misses = 0;
  };
  static constexpr std::size_t line_count = 8;

  Line& line() noexcept { return lines_[line_of_thread()]; }
  static std::size_t line_of_thread() noexcept;

  std::array<Line, line_count> lines_;
};

}  // namespace larder::detail
