// SPDX-License-Identifier: Apache-2.0
#include "larder/core/clock.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace larder {
namespace {

using namespace std::chrono_literals;

constexpr WallTime start{Duration{1'000'000}};

TEST(Clock, system_agrees_with_the_standard_library) {
  const auto before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  const WallTime now = Clock::system().now();
  const auto after = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

TEST(Clock, steady_time_does_not_go_back) {
  const SteadyTime first = Clock::system().steady_now();
  EXPECT_LE(first, Clock::system().steady_now());
}

TEST(AddSaturated, adds_what_fits) {
  EXPECT_EQ(add_saturated(start, 5us), start + 5us);
  EXPECT_EQ(add_saturated(start, -5us), start - 5us);
}

TEST(AddSaturated, stops_at_either_end_of_time) {
  EXPECT_EQ(add_saturated(start, Duration::max()), WallTime::max());
  EXPECT_EQ(add_saturated(WallTime::max(), 1us), WallTime::max());
  EXPECT_EQ(add_saturated(WallTime{Duration{-2}}, Duration::min()), WallTime::min());
  EXPECT_EQ(add_saturated(WallTime::min(), Duration::max()), WallTime{Duration{-1}});
}

TEST(ManualClock, stands_still) {
  const ManualClock clock(start);
  const SteadyTime steady = clock.steady_now();
  EXPECT_EQ(clock.now(), start);
  EXPECT_EQ(clock.now(), start);
  EXPECT_EQ(clock.steady_now(), steady);
}

TEST(ManualClock, advance_moves_both_times) {
  ManualClock clock(start);
  const SteadyTime steady = clock.steady_now();
  clock.advance(3s);
  EXPECT_EQ(clock.now(), start + 3s);
  EXPECT_EQ(clock.steady_now(), steady + 3s);
}

TEST(ManualClock, negative_length_moves_nothing) {
  ManualClock clock(start);
  const SteadyTime steady = clock.steady_now();
  clock.advance(-3s);
  EXPECT_EQ(clock.now(), start);
  EXPECT_EQ(clock.steady_now(), steady);
}

TEST(ManualClock, set_moves_calendar_time_only_and_also_back) {
  ManualClock clock(start);
  const SteadyTime steady = clock.steady_now();
  clock.set(start - 1h);
  EXPECT_EQ(clock.now(), start - 1h);
  EXPECT_EQ(clock.steady_now(), steady);
}

TEST(ManualClock, stops_at_the_end_of_time) {
  ManualClock clock(start);
  clock.advance(Duration::max());
  clock.advance(Duration::max());
  EXPECT_EQ(clock.now(), WallTime::max());
  EXPECT_EQ(clock.steady_now(), SteadyTime::max());
}

TEST(ManualClock, no_advance_of_many_threads_is_lost) {
  ManualClock clock(start);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) clock.advance(1us);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(clock.now(), start + 4ms);
}

}  // namespace
}  // namespace larder
