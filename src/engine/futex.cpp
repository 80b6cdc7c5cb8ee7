// SPDX-License-Identifier: Apache-2.0
#include "engine/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace larder {

timespec to_timespec(SteadyTime time) noexcept {
  // SteadyTime is CLOCK_MONOTONIC, in which the operations below count their time.
  const auto since = std::max(time.time_since_epoch(), SteadyTime::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {.tv_sec = static_cast<time_t>(seconds.count()),
          .tv_nsec = static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
}

void sleep_on(const void* word, std::uint32_t seen, SteadyTime deadline) noexcept {
  const timespec until = to_timespec(deadline);
  ::syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void wake_sleepers(const void* word, int most) noexcept {
  ::syscall(SYS_futex, word, FUTEX_WAKE, most, nullptr, nullptr, 0);
}

}  // namespace larder
