// SPDX-License-Identifier: Apache-2.0

// Turns that processes share: as many as allowed, in order, kept over restarts.

#include "larder/sync/rate_limiter.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "larder/core/random.h"
#include "larder/sync/wrap.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "sync_fixture.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

class RateLimiterTest : public SyncSuite {
 protected:
  RateLimiterTest() { reopen({.clock = &clock_}); }

  [[nodiscard]] RateLimiter limiter(std::uint32_t count, Duration period,
                                    RateShape shape = RateShape::token_bucket) {
    return {
        engine(),
        "name",
        {.count = count, .period = period, .shape = shape, .wait_until = [this](SteadyTime moment) {
           wait_until(moment);
         }}};
  }
  /// The clock goes on to that moment.
  void wait_until(SteadyTime moment) {
    const auto ahead = moment - clock_.steady_now();
    clock_.advance(std::chrono::ceil<Duration>(ahead));
  }
  /// How long until that turn.
  [[nodiscard]] std::chrono::nanoseconds until(std::optional<SteadyTime> turn) const {
    return turn.value() - clock_.steady_now();
  }
  [[nodiscard]] static int at_once(RateLimiter limiter) {
    int count = 0;
    while (limiter.try_acquire()) ++count;
    return count;
  }

  ManualClock clock_;
};
LARDER_SYNC_SUITE(RateLimiterTest);

using KeptRateLimiterTest = RateLimiterTest;
INSTANTIATE_TEST_SUITE_P(Engines, KeptRateLimiterTest, testing::Values(lmdb_engine()), engine_name);

TEST_P(RateLimiterTest, bucket_gives_a_burst_and_then_even_turns) {
  RateLimiter turns = limiter(4, 1s);
  EXPECT_EQ(at_once(turns), 4);
  for (int i = 0; i < 8; ++i) {
    clock_.advance(249ms);
    EXPECT_FALSE(turns.try_acquire());
    clock_.advance(1ms);
    EXPECT_EQ(at_once(turns), 1);
  }
  clock_.advance(500ms);
  EXPECT_EQ(at_once(turns), 2);
  clock_.advance(1h);
  EXPECT_EQ(at_once(turns), 4);
}

TEST_P(RateLimiterTest, window_gives_so_many_in_any_period) {
  RateLimiter turns = limiter(3, 1s, RateShape::sliding_window);
  EXPECT_TRUE(turns.try_acquire());
  clock_.advance(600ms);
  EXPECT_EQ(at_once(turns), 2);
  clock_.advance(399ms);
  EXPECT_FALSE(turns.try_acquire());
  clock_.advance(1ms);
  EXPECT_EQ(at_once(turns), 1);
  clock_.advance(600ms);
  EXPECT_EQ(at_once(turns), 2);
}

TEST_P(RateLimiterTest, window_is_never_exceeded_whenever_it_begins) {
  Random random(seed());
  RateLimiter turns = limiter(5, 100ms, RateShape::sliding_window);
  std::vector<SteadyTime> taken;
  for (int i = 0; i < 500; ++i) {
    clock_.advance(std::chrono::milliseconds(random.below(30)));
    if (const auto turn = turns.reserve(random.below(2) == 0 ? 0ms : 50ms)) taken.push_back(*turn);
  }
  ASSERT_GT(taken.size(), 300U);
  EXPECT_TRUE(std::ranges::is_sorted(taken));
  for (std::size_t i = 5; i < taken.size(); ++i) EXPECT_GE(taken[i] - taken[i - 5], 100ms);
}

TEST_P(RateLimiterTest, gives_turns_in_the_order_of_asking) {
  RateLimiter turns = limiter(1, 1s);
  EXPECT_EQ(until(turns.reserve()), 0s);
  EXPECT_EQ(until(turns.reserve()), 1s);
  EXPECT_EQ(turns.reserve(1s), std::nullopt);
  EXPECT_FALSE(turns.try_acquire());
  // Who was refused has taken nothing.
  EXPECT_EQ(until(turns.reserve(2s)), 2s);
  clock_.advance(2s);
  EXPECT_FALSE(turns.try_acquire());
  clock_.advance(1s);
  EXPECT_TRUE(turns.try_acquire());
}

TEST_P(RateLimiterTest, waits_for_its_turn) {
  RateLimiter turns = limiter(2, 1s);
  const SteadyTime start = clock_.steady_now();
  for (int i = 0; i < 6; ++i) turns.acquire();
  EXPECT_EQ(clock_.steady_now() - start, 2s);
  EXPECT_FALSE(turns.try_acquire_for(499ms));
  EXPECT_EQ(clock_.steady_now() - start, 2s);
  EXPECT_TRUE(turns.try_acquire_for(500ms));
  EXPECT_EQ(clock_.steady_now() - start, 2500ms);
}

TEST_P(RateLimiterTest, does_not_care_when_the_calendar_is_set) {
  RateLimiter turns = limiter(1, 1s);
  EXPECT_TRUE(turns.try_acquire());
  for (const auto jump : {-1000h, 2000h}) {
    clock_.set(clock_.now() + jump);
    EXPECT_FALSE(turns.try_acquire());
    clock_.advance(1s);
    EXPECT_EQ(at_once(turns), 1);
  }
}

TEST_P(RateLimiterTest, is_one_for_all_who_use_its_name) {
  RateLimiter turns = limiter(3, 1s);
  RateLimiter same = limiter(3, 1s);
  EXPECT_EQ(at_once(turns), 3);
  EXPECT_EQ(at_once(same), 0);
  EXPECT_EQ(at_once({engine(), "other", {.count = 2}}), 2);
  turns.reset();
  EXPECT_EQ(at_once(same), 3);
}

TEST_P(RateLimiterTest, threads_together_get_as_many_turns_as_there_are) {
  RateLimiter turns = limiter(100, 1s);
  std::atomic<int> got{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, copy = turns] { got += at_once(copy); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(got, 100);
}

TEST_P(RateLimiterTest, in_an_update_that_is_undone_takes_no_turn) {
  RateLimiter turns = limiter(1, 1s);
  EXPECT_THROW(engine()->update([&](WriteTxn&) {
    EXPECT_TRUE(turns.try_acquire());
    throw std::runtime_error("undo");
  }),
               std::runtime_error);
  EXPECT_TRUE(turns.try_acquire());
}

TEST_P(RateLimiterTest, refuses_what_makes_no_sense) {
  const auto refused = [&](const RateLimit& limit) {
    expect_kind(ErrorKind::invalid_argument, [&] { RateLimiter(engine(), "name", limit); });
  };
  refused({.count = 0});
  refused({.period = 0s});
  refused({.period = -1s});
  refused({.period = Duration::max()});
  refused({.count = 10'001, .shape = RateShape::sliding_window});
  RateLimiter many = limiter(std::numeric_limits<std::uint32_t>::max(), 1us);
  EXPECT_TRUE(many.try_acquire());
}

TEST_P(RateLimiterTest, gives_no_turns_beyond_a_century) {
  const Duration year = std::chrono::hours{24 * 365};
  for (const RateShape shape : {RateShape::token_bucket, RateShape::sliding_window}) {
    RateLimiter turns = limiter(1, year, shape);
    for (int i = 0; i <= 100; ++i) EXPECT_EQ(until(turns.reserve()), i * year);
    EXPECT_EQ(turns.reserve(), std::nullopt);
    expect_kind(ErrorKind::unavailable, [&] { turns.acquire(); });
  }
}

TEST_P(RateLimiterTest, throttles_a_function) {
  auto twice = throttled([](int number) { return 2 * number; }, limiter(1, 1s));
  const SteadyTime start = clock_.steady_now();
  EXPECT_EQ(twice(1) + twice(2) + twice(3), 12);
  EXPECT_EQ(clock_.steady_now() - start, 2s);
}

TEST_P(KeptRateLimiterTest, new_process_finds_turns_used_up) {
  const ChildEnd end = run_in_child([&] { return at_once(limiter(2, 1s)) == 2 ? 0 : 1; });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(at_once(limiter(2, 1s)), 0);
  reopen({.clock = &clock_});
  EXPECT_EQ(at_once(limiter(2, 1s)), 0);
  clock_.advance(500ms);
  EXPECT_EQ(at_once(limiter(2, 1s)), 1);
}

TEST_P(KeptRateLimiterTest, gives_no_turn_twice_while_processes_are_killed) {
  struct Turns {
    std::array<std::atomic<std::int64_t>, 200'000> given;
    std::atomic<std::size_t> count{0};
  };
  const SharedBlock<Turns> turns;
  Random random(seed());
  const auto start = [&] {
    return Child([&] {
      RateLimiter mine = limiter(1, 1ms);
      for (std::size_t at = 0; at < turns->given.size();) {
        const std::int64_t turn = mine.reserve()->time_since_epoch().count();
        at = turns->count++;
        if (at < turns->given.size()) turns->given[at] = turn;
      }
      return 0;
    });
  };
  std::vector<std::optional<Child>> children(4);
  for (auto& child : children) child.emplace(start());
  for (std::uint64_t kills = 0; kills < rounds(50, 1000); ++kills) {
    const std::size_t wanted = turns->count + random.below(50);
    while (turns->count < std::min(wanted, turns->given.size())) std::this_thread::yield();
    auto& child = children[random.below(children.size())];
    child->kill(SIGKILL);
    child->wait();
    child.emplace(start());
  }
  children.clear();
  // Those that were killed may have had turns that they did not note.
  std::vector<std::int64_t> given;
  for (const auto& turn : turns->given) {
    if (turn != 0) given.push_back(turn);
  }
  EXPECT_GT(given.size(), 100U);
  std::ranges::sort(given);
  const auto too_close = std::ranges::adjacent_find(
      given, [](std::int64_t a, std::int64_t b) { return b - a < 1'000'000; });
  EXPECT_EQ(too_close, given.end());
}

TEST_P(KeptRateLimiterTest, counts_by_the_calendar_over_a_restart_of_the_machine) {
  for (const RateShape shape : {RateShape::token_bucket, RateShape::sliding_window}) {
    const RateLimit limit{.count = 2, .period = 10s, .shape = shape};
    EXPECT_EQ(at_once({engine(), "name", limit}), 2);
    // The steady clock begins anew.
    ManualClock booted(clock_.now() + 4s);
    reopen({.clock = &booted, .boot_id = "next"});
    RateLimiter turns(engine(), "name", limit);
    EXPECT_FALSE(turns.try_acquire());
    booted.advance(1s);
    EXPECT_EQ(turns.try_acquire(), shape == RateShape::token_bucket);
    booted.advance(5s);
    EXPECT_TRUE(turns.try_acquire());
    reopen({.clock = &clock_});
    RateLimiter(engine(), "name", limit).reset();
  }
}

TEST_P(KeptRateLimiterTest, no_time_has_passed_if_the_calendar_went_back_over_a_restart) {
  for (const RateShape shape : {RateShape::token_bucket, RateShape::sliding_window}) {
    const RateLimit limit{.count = 2, .period = 10s, .shape = shape};
    EXPECT_EQ(at_once({engine(), "name", limit}), 2);
    ManualClock earlier(clock_.now() - 1000h);
    reopen({.clock = &earlier, .boot_id = "next"});
    RateLimiter turns(engine(), "name", limit);
    for (int i = 0; i < 4; ++i) {
      EXPECT_FALSE(turns.try_acquire());
      earlier.advance(1s);
    }
    earlier.advance(6s);
    EXPECT_EQ(at_once(turns), 2);
    reopen({.clock = &clock_});
    RateLimiter(engine(), "name", limit).reset();
  }
}

}  // namespace
}  // namespace larder::test
