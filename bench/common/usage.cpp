// SPDX-License-Identifier: Apache-2.0
#include "common/usage.h"

#include <sys/resource.h>

#include <chrono>
#include <thread>

namespace larder::bench {

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

double cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

void wait_until_idle() {
  constexpr auto window = std::chrono::milliseconds{20};
  constexpr double busy_us = 1'000.0;
  for (int calm = 0, windows = 0; calm < 3 && windows < 250; ++windows) {
    const double before = cpu_us();
    std::this_thread::sleep_for(window);
    calm = cpu_us() - before < busy_us ? calm + 1 : 0;
  }
}

}  // namespace larder::bench
