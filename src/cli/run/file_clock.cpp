// SPDX-License-Identifier: Apache-2.0
#include "cli/run/file_clock.h"

#include <ctime>

namespace larder::cli {
namespace {

std::int64_t file_time() {
  timespec time = {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

void wait_for_file_time_after(std::int64_t ns) {
  constexpr int most_ms = 20;
  const timespec millisecond{.tv_sec = 0, .tv_nsec = 1'000'000};
  for (int i = 0; i < most_ms && file_time() <= ns; ++i) ::nanosleep(&millisecond, nullptr);
}

std::int64_t next_file_time() {
  wait_for_file_time_after(file_time());
  return file_time();
}

}  // namespace larder::cli
