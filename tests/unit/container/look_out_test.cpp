// SPDX-License-Identifier: Apache-2.0

// Of all who wait for items, one looks at those who have some.

#include "container/look_out.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "larder/core/bytes.h"

namespace larder::detail {
namespace {

using namespace std::chrono_literals;

class LookOutTest : public testing::Test {
 protected:
  [[nodiscard]] LookOut waiter(std::string_view name = "jobs") {
    return {std::span(words), as_bytes(name)};
  }

  std::array<LookOut::Word, 8> words{};
  SteadyTime now{100h};
};

TEST_F(LookOutTest, one_looks_now_and_then_and_the_others_sleep_longer) {
  LookOut first = waiter();
  LookOut second = waiter();
  EXPECT_TRUE(first.is_due(now));
  EXPECT_EQ(first.next(), now + look_after_takers);
  EXPECT_FALSE(first.is_due(now + look_after_takers / 2));
  EXPECT_FALSE(second.is_due(now));
  EXPECT_EQ(second.next(), now + turn_to_look);
  for (int i = 1; i < 100; ++i) {
    now += look_after_takers;
    EXPECT_TRUE(first.is_due(now));
    EXPECT_FALSE(second.is_due(now));
  }
}

TEST_F(LookOutTest, another_one_looks_once_nobody_did_for_a_while) {
  LookOut dead = waiter();
  LookOut other = waiter();
  LookOut third = waiter();
  EXPECT_TRUE(dead.is_due(now));
  now += turn_to_look - 1ms;
  EXPECT_FALSE(other.is_due(now));
  now = other.next();
  EXPECT_TRUE(other.is_due(now));
  EXPECT_FALSE(third.is_due(now));
  // It was only stopped.
  EXPECT_FALSE(dead.is_due(now));
}

TEST_F(LookOutTest, who_stops_waiting_gives_the_turn_up) {
  LookOut other = waiter();
  {
    LookOut first = waiter();
    EXPECT_TRUE(first.is_due(now));
    EXPECT_FALSE(LookOut(std::span(words), as_bytes("jobs")).is_due(now));
  }
  EXPECT_TRUE(other.is_due(now));
}

TEST_F(LookOutTest, each_name_has_a_turn_of_its_own) {
  std::vector<std::unique_ptr<LookOut>> waiters;
  for (int i = 0; i < 30; ++i) {
    const std::string name = std::to_string(i);
    waiters.push_back(std::make_unique<LookOut>(std::span(words), as_bytes(name)));
    // Also where more names than words are waited for.
    EXPECT_TRUE(waiters.back()->is_due(now)) << name;
  }
}

TEST_F(LookOutTest, what_another_boot_left_counts_for_nothing) {
  LookOut before = waiter();
  EXPECT_TRUE(before.is_due(now));
  for (const auto since_boot : {0ms, 1ms, 20'000ms, 7'200'000ms}) {
    EXPECT_TRUE(waiter().is_due(SteadyTime(since_boot)));
  }
}

TEST_F(LookOutTest, threads_agree_on_one) {
  std::atomic<int> lookers{0};
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      LookOut mine = waiter();
      lookers += mine.is_due(now) ? 1 : 0;
      for (++ready; ready < 4;) std::this_thread::yield();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lookers, 1);
}

}  // namespace
}  // namespace larder::detail
