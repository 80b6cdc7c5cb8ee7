// SPDX-License-Identifier: Apache-2.0
#include "larder/core/clock.h"

#include <algorithm>
#include <limits>

namespace larder {
namespace {

using Nanoseconds = std::chrono::nanoseconds;

class SystemClock final : public Clock {
 public:
  constexpr SystemClock() noexcept = default;

  [[nodiscard]] WallTime now() const noexcept override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }

  [[nodiscard]] SteadyTime steady_now() const noexcept override {
    return std::chrono::steady_clock::now();
  }
};

/// Never destroyed, so that destructors of static objects may still ask for the time.
union ImmortalClock {
  constexpr ImmortalClock() noexcept : clock() {}
  // NOLINTNEXTLINE(modernize-use-equals-default): a defaulted one would be deleted.
  ~ImmortalClock() {}
  SystemClock clock;
};

constinit ImmortalClock system_clock_instance;

std::int64_t add_saturated(std::int64_t start, std::int64_t length) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(start, length, &sum)) return sum;
  return length > 0 ? std::numeric_limits<std::int64_t>::max()
                    : std::numeric_limits<std::int64_t>::min();
}

std::int64_t to_nanoseconds_saturated(Duration length) noexcept {
  constexpr auto longest = std::chrono::floor<Duration>(Nanoseconds::max());
  return Nanoseconds(std::min(length, longest)).count();
}

void advance_saturated(std::atomic<std::int64_t>& time, std::int64_t length) noexcept {
  std::int64_t before = time.load();
  while (!time.compare_exchange_weak(before, add_saturated(before, length))) {
  }
}

/// Not zero, so that moments before the start can be told from it.
constexpr Nanoseconds first_steady_time = std::chrono::hours{24};

}  // namespace

const Clock& Clock::system() noexcept { return system_clock_instance.clock; }

WallTime add_saturated(WallTime start, Duration length) noexcept {
  return WallTime{Duration{add_saturated(start.time_since_epoch().count(), length.count())}};
}

ManualClock::ManualClock(WallTime now)
    : wall_(now.time_since_epoch().count()), steady_(first_steady_time.count()) {}

ManualClock::~ManualClock() = default;

WallTime ManualClock::now() const noexcept { return WallTime{Duration{wall_.load()}}; }

SteadyTime ManualClock::steady_now() const noexcept {
  return SteadyTime{Nanoseconds{steady_.load()}};
}

void ManualClock::advance(Duration length) noexcept {
  if (length <= Duration::zero()) return;
  advance_saturated(wall_, length.count());
  advance_saturated(steady_, to_nanoseconds_saturated(length));
}

void ManualClock::set(WallTime now) noexcept { wall_.store(now.time_since_epoch().count()); }

}  // namespace larder
