// SPDX-License-Identifier: Apache-2.0

// A cache that removes expired entries by itself.

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "cache_fixture.h"
#include "support/child.h"

namespace larder::test {
namespace {

class ReaperTest : public testing::Test {
 protected:
  [[nodiscard]] Cache open(std::optional<Duration> interval = 1ms) {
    CacheHooks hooks{.clock = &clock_};
    hooks.reap_every = interval;
    return Cache::open({.path = folder_ / "c"}, hooks);
  }

  /// Waits until `condition` holds, which it must.
  static void await(const std::function<bool()>& condition) {
    const SteadyTime patience = Clock::system().steady_now() + 60s;
    while (!condition()) {
      ASSERT_LT(Clock::system().steady_now(), patience);
      std::this_thread::yield();
    }
  }

  void fill(Cache& cache) const {
    cache.transact([&] {
      for (int i = 0; i < 300; ++i) cache.put(i, i, {.ttl = 1min});
      cache.put("stays", 1);
    });
  }

  TempDir folder_{memory_folder()};
  ManualClock clock_;
};

TEST_F(ReaperTest, removes_what_expires_and_nothing_else) {
  Cache cache = open();
  fill(cache);
  EXPECT_EQ(cache.size(), 301U);
  clock_.advance(2min);
  await([&] { return cache.size() == 1; });
  EXPECT_EQ(cache.get<int>("stays"), 1);
  await([&] { return cache.stats().expired == 300; });  // counted once they are gone
  EXPECT_EQ(cache.verify().problems, Strings{});
}

TEST_F(ReaperTest, one_at_a_time_and_the_next_takes_over) {
  Cache cache = open(std::nullopt);
  auto first = std::make_unique<Cache>(open());
  const Cache second = open();
  for (int round = 0; round < 2; ++round) {
    fill(cache);
    clock_.advance(2min);
    await([&] { return cache.size() == 1; });
    first.reset();
  }
  await([&] { return cache.stats().expired == 600; });  // counted once they are gone
}

TEST_F(ReaperTest, a_process_that_dies_is_followed_by_another) {
  Cache cache = open(std::nullopt);
  fill(cache);
  Child child([&] {
    clock_.advance(2min);  // the child's own
    const Cache mine = open();
    for (;;) std::this_thread::yield();
    return 0;
  });
  await([&] { return cache.size() == 1; });
  child.kill(SIGKILL);
  child.wait();
  const Cache mine = open();
  fill(cache);
  clock_.advance(2min);
  await([&] { return cache.size() == 1; });
}

TEST_F(ReaperTest, a_child_of_fork_neither_reaps_nor_waits) {
  Cache cache = open();
  fill(cache);
  const ChildEnd end = run_in_child([&] {
    cache.put("child", 1);
    Cache gone = std::move(cache);
    return gone.get<int>("child") == 1 ? 0 : 1;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(cache.get<int>("child"), 1);
}

TEST_F(ReaperTest, closing_does_not_wait_for_the_interval) {
  for (int i = 0; i < 20; ++i) {
    const Cache cache = open(Duration::max());
    EXPECT_TRUE(cache.empty());
  }
}

TEST_F(ReaperTest, expired_entries_stay_without_it) {
  Cache cache = open(std::nullopt);
  fill(cache);
  clock_.advance(2min);
  EXPECT_EQ(cache.size(), 301U);
}

}  // namespace
}  // namespace larder::test
