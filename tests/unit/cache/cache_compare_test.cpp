// SPDX-License-Identifier: Apache-2.0

// compare_and_swap, compare_and_erase.

#include <atomic>
#include <thread>

#include "cache_fixture.h"
#include "support/child.h"
#include "support/shared_block.h"

namespace larder::test {
namespace {

Version version_of(const Cache& cache, const Key& key) { return cache.info(key).value().version; }

TEST_P(CacheTest, swap_by_value_needs_the_same_value) {
  Cache cache = open();
  EXPECT_FALSE(cache.compare_and_swap("a", 1, 2));
  EXPECT_FALSE(cache.contains("a"));

  cache.put("a", 1);
  EXPECT_FALSE(cache.compare_and_swap("a", 2, 3));
  EXPECT_TRUE(cache.compare_and_swap("a", 1, 2, {.tags = {"t"}}));
  EXPECT_EQ(cache.get<int>("a"), 2);
  EXPECT_EQ(cache.info("a")->tags, Strings{"t"});
}

TEST_P(CacheTest, swap_by_value_needs_the_same_type) {
  Cache cache = open();
  cache.put("a", std::int64_t{1});
  EXPECT_FALSE(cache.compare_and_swap("a", 1.0, 2.0));
  EXPECT_TRUE(cache.compare_and_swap("a", std::int64_t{1}, std::int64_t{2}));
}

TEST_P(CacheTest, swap_by_value_looks_into_compressed_values) {
  Cache cache = open({.compress_above_bytes = 10});
  const std::string before(1000, 'x');
  cache.put("a", before);
  EXPECT_FALSE(cache.compare_and_swap("a", std::string(999, 'x'), before));
  EXPECT_TRUE(cache.compare_and_swap("a", before, std::string("short")));
  EXPECT_EQ(cache.get<std::string>("a"), "short");
}

TEST_P(CacheTest, version_changes_with_each_put) {
  Cache cache = open();
  cache.put("a", 1);
  const Version first = version_of(cache, "a");
  EXPECT_EQ(cache.get_entry<int>("a")->version, first);
  cache.put("a", 2);
  const Version second = version_of(cache, "a");
  EXPECT_NE(first, second);
  clock_.advance(1us);
  cache.put("a", 2);
  const Version third = version_of(cache, "a");
  EXPECT_NE(second, third);
  cache.erase("a");
  cache.put("a", 2);
  EXPECT_NE(third, version_of(cache, "a"));
}

TEST_P(CacheTest, version_stays_when_only_the_lifetime_changes) {
  Cache cache = open();
  cache.put("a", 1, {.idle_ttl = 10s});
  const Version before = version_of(cache, "a");
  clock_.advance(5s);
  EXPECT_EQ(cache.get<int>("a"), 1);
  cache.touch("a", 1h);
  EXPECT_EQ(version_of(cache, "a"), before);
}

TEST_P(CacheTest, swap_by_version_is_refused_after_any_change) {
  Cache cache = open();
  cache.put("a", 1);
  const Version seen = version_of(cache, "a");
  cache.put("b", 1);
  EXPECT_FALSE(cache.compare_and_swap("b", seen, 5));
  EXPECT_TRUE(cache.compare_and_swap("a", seen, 5));
  EXPECT_FALSE(cache.compare_and_swap("a", seen, 6));
  EXPECT_EQ(cache.get<int>("a"), 5);
}

TEST_P(CacheTest, swap_does_not_revive_what_expired) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 1s});
  const Version seen = version_of(cache, "a");
  clock_.advance(1s);
  EXPECT_FALSE(cache.compare_and_swap("a", seen, 5));
  EXPECT_FALSE(cache.compare_and_swap("a", 1, 5));
  EXPECT_FALSE(cache.compare_and_erase("a", seen));
}

TEST_P(CacheTest, erase_by_version_spares_what_changed) {
  Cache cache = open();
  cache.put("a", 1);
  const Version seen = version_of(cache, "a");
  cache.put("a", 2);
  EXPECT_FALSE(cache.compare_and_erase("a", seen));
  EXPECT_TRUE(cache.compare_and_erase("a", version_of(cache, "a")));
  EXPECT_FALSE(cache.contains("a"));
}

TEST_P(CacheTest, swap_that_has_no_room_changes_nothing) {
  Cache cache = open({.max_bytes = 500, .eviction = Eviction::none});
  cache.put("a", std::string("x"));
  expect_kind(ErrorKind::full,
              [&] { cache.compare_and_swap("a", std::string("x"), std::string(1000, 'y')); });
  EXPECT_EQ(cache.get<std::string>("a"), "x");
}

TEST(CacheCompare, values_in_files_are_compared_whole) {
  const TempDir folder(memory_folder());
  Cache cache =
      Cache::open({.path = folder / "c", .settings = CacheSettings{.file_above_bytes = 100}});
  const std::string before(5000, 'x');
  cache.put("a", before);
  EXPECT_FALSE(cache.compare_and_swap("a", std::string(5000, 'y'), before));
  EXPECT_TRUE(cache.compare_and_swap("a", before, std::string(5000, 'y')));
  EXPECT_EQ(cache.get<std::string>("a"), std::string(5000, 'y'));
  EXPECT_EQ(cache.verify().problems, Strings{});
}

// A counter made of swaps: each one that succeeds counts exactly once.
TEST(CacheCompare, swaps_of_threads_and_processes_lose_no_step) {
  constexpr int processes = 2;
  constexpr int threads = 4;
  constexpr int steps = 200;
  const TempDir folder(memory_folder());
  const CacheOptions options{.path = folder / "c", .durability = Durability::disposable};
  Cache::open(options).put("n", 0);

  const auto count_up = [&](Cache& cache) {
    for (int i = 0; i < steps;) {
      const auto seen = cache.get_entry<int>("n").value();
      const bool by_version = i % 2 == 0;
      const bool is_done = by_version ? cache.compare_and_swap("n", seen.version, seen.value + 1)
                                      : cache.compare_and_swap("n", seen.value, seen.value + 1);
      i += is_done ? 1 : 0;
    }
  };
  std::vector<Child> children;
  for (int p = 0; p < processes; ++p) {
    children.emplace_back([&] {
      Cache cache = Cache::open(options);
      std::vector<std::thread> pool;
      for (int t = 0; t < threads; ++t) pool.emplace_back([&] { count_up(cache); });
      for (std::thread& one : pool) one.join();
      return 0;
    });
  }
  for (Child& child : children) EXPECT_TRUE(child.wait().is_good());
  EXPECT_EQ(Cache::open(options).get<int>("n"), processes * threads * steps);
}

}  // namespace
}  // namespace larder::test
