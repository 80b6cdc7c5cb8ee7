// SPDX-License-Identifier: Apache-2.0
#include "larder/memo/detail/call_counts.h"

namespace larder::detail {

std::size_t CallCounts::line_of_thread() noexcept {
  static std::atomic<std::size_t> threads{0};
  static thread_local const std::size_t line = threads.fetch_add(1) % line_count;
  return line;
}

MemoizeStats CallCounts::sum() const noexcept {
  MemoizeStats sum;
  for (const Line& line : lines_) {
    sum.hits += line.hits.load(std::memory_order_relaxed);
    sum.misses += line.misses.load(std::memory_order_relaxed);
  }
  return sum;
}

void CallCounts::reset() noexcept {
  for (Line& line : lines_) {
    line.hits = 0;
    line.misses = 0;
  }
}

}  // namespace larder::detail
