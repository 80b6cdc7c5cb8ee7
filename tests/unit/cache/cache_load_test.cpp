// SPDX-License-Identifier: Apache-2.0

// get_or_load: one computation for a key at a time, and what happens when it fails, finds nothing,
// or is not needed yet.

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "cache_fixture.h"
#include "support/channel.h"
#include "support/child.h"

namespace larder::test {
namespace {

/// An executor that runs its tasks when the test says so.
struct Later {
  std::vector<std::function<void()>> tasks;

  [[nodiscard]] Executor executor() {
    return [this](std::function<void()> task) { tasks.push_back(std::move(task)); };
  }
  void run() {
    for (const auto& task : std::exchange(tasks, {})) task();
  }
};

int fail() { throw std::runtime_error("no luck"); }

TEST_P(CacheTest, value_is_loaded_once) {
  Cache cache = open();
  int loads = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(
        cache.get_or_load("a", [&] { return std::string(1, static_cast<char>('a' + loads++)); }),
        "a");
  }
  EXPECT_EQ(loads, 1);
  EXPECT_EQ(cache.get<std::string>("a"), "a");
  const CacheStats stats = cache.stats();
  EXPECT_EQ(stats.loads, 1U);
  EXPECT_EQ(stats.hits, 3U);
  EXPECT_EQ(stats.misses, 1U);
}

// Loads within loads hold as many claims as they are deep, and none is given back before the last.
TEST_P(CacheTest, value_is_loaded_also_when_there_are_too_many_claims) {
  Cache cache = open();
  std::vector<ClaimPtr> claims;
  try {
    while (claims.size() < 2000) {
      const std::string name = std::to_string(claims.size());
      claims.push_back(cache.engine().claim(as_bytes(name), SteadyTime::max()));
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::full);
  }
  EXPECT_EQ(cache.get_or_load("a", [] { return 1; }), 1);
  EXPECT_EQ(cache.get<int>("a"), 1);
}

TEST_P(CacheTest, loaded_value_is_stored_as_asked) {
  Cache cache = open();
  cache.get_or_load("a", [] { return 1; }, {.put = {.ttl = 10s, .tags = {"t"}}});
  EXPECT_EQ(cache.info("a")->expires_at, clock_.now() + 10s);
  EXPECT_EQ(cache.erase_tag("t"), 1U);
}

TEST_P(CacheTest, what_a_loader_throws_is_thrown_and_nothing_is_stored) {
  Cache cache = open();
  EXPECT_THROW(cache.get_or_load("a", fail), std::runtime_error);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.stats().load_failures, 1U);
  EXPECT_EQ(cache.get_or_load("a", [] { return 2; }), 2);
}

TEST_P(CacheTest, absence_is_forgotten_unless_asked_for) {
  Cache cache = open();
  int loads = 0;
  const auto nothing = [&]() -> std::optional<int> {
    ++loads;
    return std::nullopt;
  };
  EXPECT_EQ(cache.get_or_load("a", nothing), std::nullopt);
  EXPECT_EQ(cache.get_or_load("a", nothing), std::nullopt);
  EXPECT_EQ(loads, 2);
  EXPECT_EQ(cache.size(), 0U);

  const LoadOptions options{.absent_ttl = 10s};
  EXPECT_EQ(cache.get_or_load("a", nothing, options), std::nullopt);
  EXPECT_EQ(cache.get_or_load("a", nothing, options), std::nullopt);
  EXPECT_EQ(loads, 3);
  EXPECT_EQ(cache.get<int>("a"), std::nullopt);
  clock_.advance(10s);
  EXPECT_EQ(cache.get_or_load("a", nothing, options), std::nullopt);
  EXPECT_EQ(loads, 4);
}

TEST_P(CacheTest, remembered_absence_means_nothing_to_a_loader_that_always_finds) {
  Cache cache = open();
  const auto nothing = [] { return std::optional<int>(); };
  EXPECT_EQ(cache.get_or_load("a", nothing, {.absent_ttl = 10s}), std::nullopt);
  EXPECT_EQ(cache.get_or_load("a", [] { return 3; }), 3);
  EXPECT_EQ(cache.get_or_load("a", nothing, {.absent_ttl = 10s}), 3);
}

TEST_P(CacheTest, loader_decides_by_the_value_whether_it_is_stored) {
  Cache cache = open();
  int loads = 0;
  const auto even_only = [&] {
    ++loads;
    return Loaded<int>{.value = loads, .is_stored = loads % 2 == 0};
  };
  const LoadOptions options{.put = {.ttl = 10s, .stale_for = 20s}, .absent_ttl = 1h};
  EXPECT_EQ(cache.get_or_load("a", even_only, options), 1);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.get_or_load("a", even_only, options), 2);
  EXPECT_EQ(cache.get_or_load("a", even_only, options), 2);
  clock_.advance(10s);
  EXPECT_EQ(cache.get_or_load("a", even_only, options), 3);  // what is stored stays
  EXPECT_EQ(cache.get_or_load("a", even_only, options), 4);
  EXPECT_EQ(cache.get<int>("a"), 4);
  EXPECT_EQ(loads, 4);
}

TEST_P(CacheTest, who_waits_for_what_is_not_stored_loads_as_well) {
  Cache cache = open();
  std::atomic<int> loads = 0;
  std::vector<int> results(8);
  {
    std::vector<std::jthread> threads;
    for (int& result : results) {
      threads.emplace_back(
          [&] { result = cache.get_or_load("a", [&] { return Loaded<int>{++loads, false}; }); });
    }
  }
  std::sort(results.begin(), results.end());
  for (int i = 0; i < 8; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i + 1);
  EXPECT_EQ(cache.size(), 0U);
}

TEST_P(CacheTest, value_that_is_gone_takes_the_stored_one_along) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 10s, .stale_for = 10s});
  clock_.advance(15s);
  EXPECT_EQ(cache.get_or_load("a", [] { return std::optional<int>(); }), std::nullopt);
  EXPECT_EQ(cache.size(), 0U);
}

TEST_P(CacheTest, loader_that_asks_for_its_own_key_is_an_error) {
  Cache cache = open();
  expect_kind(ErrorKind::invalid_argument, [&] {
    cache.get_or_load("a", [&] { return cache.get_or_load("a", [] { return 1; }); });
  });
  EXPECT_EQ(cache.get_or_load("a", [] { return 2; }), 2);
}

TEST_P(CacheTest, loader_may_load_other_keys) {
  Cache cache = open();
  int calls = 0;
  std::function<std::int64_t(int)> fibonacci = [&](int n) -> std::int64_t {
    return cache.get_or_load(Key(n), [&]() -> std::int64_t {
      ++calls;
      return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    });
  };
  EXPECT_EQ(fibonacci(60), 1548008755920);
  EXPECT_EQ(calls, 61);
}

TEST_P(CacheTest, stale_value_is_returned_while_another_is_loaded_elsewhere) {
  Cache cache = open();
  Later later;
  int loads = 0;
  const auto load = [&] { return ++loads; };
  const LoadOptions options{.put = {.ttl = 10s, .stale_for = 20s}, .refresh_on = later.executor()};
  EXPECT_EQ(cache.get_or_load("a", load, options), 1);
  clock_.advance(15s);
  EXPECT_EQ(cache.get_or_load("a", load, options), 1);
  EXPECT_EQ(cache.get_or_load("a", load, options), 1);
  EXPECT_EQ(later.tasks.size(), 1U) << "one is enough";
  EXPECT_EQ(cache.stats().stale_hits, 2U);
  later.run();
  EXPECT_EQ(loads, 2);
  EXPECT_EQ(cache.get_or_load("a", load, options), 2);
  EXPECT_TRUE(later.tasks.empty());
}

TEST_P(CacheTest, task_that_an_executor_drops_is_asked_for_again) {
  Cache cache = open();
  Later later;
  const LoadOptions options{.put = {.ttl = 10s, .stale_for = 20s}, .refresh_on = later.executor()};
  cache.get_or_load("a", [] { return 1; }, options);
  clock_.advance(15s);
  EXPECT_EQ(cache.get_or_load("a", [] { return 2; }, options), 1);
  later.tasks.clear();
  EXPECT_EQ(cache.get_or_load("a", [] { return 3; }, options), 1);
  EXPECT_EQ(later.tasks.size(), 1U);
  later.run();
  EXPECT_EQ(cache.get<int>("a"), 3);
}

TEST_P(CacheTest, task_outlives_the_handle_on_the_cache) {
  Later later;
  {
    Cache cache = open();
    const LoadOptions options{.put = {.ttl = 10s, .stale_for = 20s},
                              .refresh_on = later.executor()};
    cache.get_or_load("a", [] { return 1; }, options);
    clock_.advance(15s);
    EXPECT_EQ(cache.get_or_load("a", [] { return 2; }, options), 1);
  }
  later.run();
  EXPECT_EQ(open().get<int>("a"), 2);
}

TEST_P(CacheTest, stale_value_is_loaded_by_its_caller_without_an_executor) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 10s, .stale_for = 20s});
  clock_.advance(15s);
  EXPECT_EQ(cache.get_or_load("a", [] { return 2; }), 2);
}

TEST_P(CacheTest, stale_value_is_returned_if_the_loader_throws) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 10s, .stale_for = 20s});
  clock_.advance(15s);
  EXPECT_EQ(cache.get_or_load("a", fail), 1);
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_NE(log_[0].find("no luck"), std::string::npos) << log_[0];
  clock_.advance(15s);
  EXPECT_THROW(cache.get_or_load("a", fail), std::runtime_error);
}

TEST_P(CacheTest, value_is_renewed_before_it_expires_if_that_is_asked_for) {
  Cache cache = open();
  int loads = 0;
  const auto load = [&] {
    clock_.advance(1s);
    return ++loads;
  };
  const LoadOptions never_early{.put = {.ttl = 100s}};
  const LoadOptions always_early{.put = {.ttl = 100s}, .early_refresh = 1e12};
  EXPECT_EQ(cache.get_or_load("a", load, never_early), 1);
  EXPECT_EQ(cache.get_or_load("a", load, never_early), 1);
  EXPECT_EQ(cache.get_or_load("a", load, always_early), 2);
  clock_.advance(99s);
  EXPECT_EQ(cache.get_or_load("a", load, never_early), 2);
  EXPECT_EQ(cache.get_or_load("a", fail, always_early), 2) << "it is still good";
}

TEST_P(CacheTest, renewal_is_the_likelier_the_nearer_the_expiry) {
  Cache cache = open();
  cache.get_or_load("a",
                    [&] {
                      clock_.advance(1s);
                      return 0;
                    },
                    {.put = {.ttl = 20s}});
  std::vector<int> early;
  for (int second = 0; second < 20; ++second) {
    int times = 0;
    for (int i = 0; i < 200; ++i) {
      try {
        cache.get_or_load("a",
                          [&]() -> int {
                            ++times;
                            return fail();
                          },
                          {.early_refresh = 1.0});
      } catch (const std::runtime_error&) {
        ADD_FAILURE() << "it has not expired";
      }
    }
    early.push_back(times);
    clock_.advance(1s);
  }
  // The chance is exp(-left / load time): 4e-9 of 200 at first, 73 of 200 one second before.
  EXPECT_EQ(early.front(), 0);
  EXPECT_GT(early.back(), 30);
  EXPECT_LT(early.back(), 130);
}

TEST_P(CacheTest, old_value_is_loaded_again_if_a_young_one_is_asked_for) {
  Cache cache = open();
  cache.put("a", 1);
  clock_.advance(10s);
  EXPECT_EQ(cache.get_or_load("a", [] { return 2; }, {.max_age = 11s}), 1);
  EXPECT_EQ(cache.get_or_load("a", [] { return 3; }, {.max_age = 10s}), 3);
}

TEST_P(CacheTest, value_that_finds_no_room_is_returned_all_the_same) {
  Cache cache = open({.max_bytes = 500});
  EXPECT_EQ(cache.get_or_load("a", [] { return std::string(1000, 'x'); }).size(), 1000U);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(log_.size(), 1U);
}

TEST_P(CacheTest, threads_that_want_one_key_load_it_once) {
  Cache cache = open();
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> loads{0};
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        EXPECT_EQ(cache.get_or_load(Key(round),
                                    [&] {
                                      ++loads;
                                      return round;
                                    }),
                  round);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(loads, 1);
  }
}

TEST_P(CacheTest, two_handles_of_one_process_load_once) {
  Cache first = open();
  Cache second = open();
  std::atomic<int> loads{0};
  std::thread other;
  EXPECT_EQ(first.get_or_load("a",
                              [&] {
                                other = std::thread([&] {
                                  EXPECT_EQ(second.get_or_load("a",
                                                               [&] {
                                                                 ++loads;
                                                                 return 2;
                                                               }),
                                            1);
                                });
                                ++loads;
                                return 1;
                              }),
            1);
  other.join();
  EXPECT_EQ(loads, 1);
}

TEST_P(CacheTest, caller_waits_no_longer_than_it_wants) {
  Cache cache = open();
  cache.get_or_load("a", [&] {
    std::thread([&] {
      expect_kind(ErrorKind::unavailable, [&] {
        cache.get_or_load("a", [] { return 2; }, {.timeout = std::chrono::milliseconds{1}});
      });
    }).join();
    return 1;
  });
}

TEST_P(PersistentCacheTest, processes_that_want_one_key_load_it_once) {
  Cache cache = open();
  std::vector<std::unique_ptr<Child>> children;
  children.reserve(4);
  for (int c = 0; c < 4; ++c) {
    children.push_back(std::make_unique<Child>([&] {
      for (int round = 0; round < 50; ++round) {
        const int got = cache.get_or_load(Key(round), [&] {
          cache.incr("loads");
          return round;
        });
        if (got != round) return 1;
      }
      return 0;
    }));
  }
  for (const auto& child : children) EXPECT_TRUE(child->wait().is_good());
  EXPECT_EQ(cache.get<std::int64_t>("loads"), 50);
}

TEST_P(PersistentCacheTest, next_one_takes_over_from_a_loader_that_was_killed) {
  Cache cache = open();
  ChannelPair line;
  Child child([&] {
    line.parent.close();
    return cache.get_or_load("a", [&] {
      line.child.send("loading");
      static_cast<void>(line.child.receive());  // until killed
      return 1;
    });
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "loading");
  std::thread killer([&] { child.kill(SIGKILL); });
  EXPECT_EQ(cache.get_or_load("a", [] { return 2; }), 2);
  killer.join();
}

}  // namespace
}  // namespace larder::test
