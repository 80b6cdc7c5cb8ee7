// SPDX-License-Identifier: Apache-2.0

// A cache in shards is a cache.

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "cache_fixture.h"
#include "larder/cache/queue.h"
#include "larder/cache/transfer.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "value_files.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

class ShardedTest : public testing::Test {
 protected:
  [[nodiscard]] Cache open(std::optional<std::uint32_t> shards = 4,
                           const CacheSettings& settings = {}) {
    return Cache::open({.path = folder_ / "c",
                        .settings = settings,
                        .shards = shards,
                        .durability = Durability::disposable},
                       {.clock = &clock_});
  }

  TempDir folder_{memory_folder()};
  ManualClock clock_;
};

TEST_F(ShardedTest, keys_are_spread_and_found_again) {
  {
    Cache cache = open();
    for (int i = 0; i < 400; ++i) cache.put(i, i);
    EXPECT_EQ(cache.size(), 400U);
  }
  for (const char* shard : {"000", "001", "002", "003"}) {
    const Cache one =
        Cache::open({.path = folder_ / "c" / shard, .durability = Durability::disposable});
    EXPECT_GT(one.size(), 60U) << shard;
    EXPECT_LT(one.size(), 140U) << shard;
  }
  Cache cache = open(std::nullopt);
  for (int i = 0; i < 400; ++i) EXPECT_EQ(cache.get<int>(i), i);
  EXPECT_EQ(cache.stats().hits, 400U);
  EXPECT_EQ(cache.stats().puts, 400U);
  cache.reset_stats();
  EXPECT_EQ(cache.stats().puts, 0U);
}

// Stored on disk: a key must be looked for where an earlier release put it.
TEST_F(ShardedTest, place_of_a_key_never_changes) {
  {
    open().put("key", 1);
  }
  std::string found;
  for (const char* shard : {"000", "001", "002", "003"}) {
    const Cache one =
        Cache::open({.path = folder_ / "c" / shard, .durability = Durability::disposable});
    if (one.size() == 1) found = shard;
  }
  EXPECT_EQ(found, "001");
}

TEST_F(ShardedTest, another_number_of_shards_is_refused) {
  open().put("a", 1);
  for (const std::uint32_t shards : {1U, 3U, 5U}) {
    expect_kind(ErrorKind::invalid_argument, [&] { (void)open(shards); });
  }
  for (const std::uint32_t shards : {0U, 257U}) {
    expect_kind(ErrorKind::invalid_argument, [&] { (void)open(shards); });
  }
  EXPECT_EQ(open(std::nullopt).get<int>("a"), 1);
  EXPECT_EQ(open(4).get<int>("a"), 1);
}

TEST_F(ShardedTest, cache_in_one_piece_stays_in_one_piece) {
  open(std::nullopt).put("a", 1);
  expect_kind(ErrorKind::invalid_argument, [&] { (void)open(4); });
  EXPECT_EQ(open(1).get<int>("a"), 1);
  EXPECT_FALSE(fs::exists(folder_ / "c/shards"));
}

TEST_F(ShardedTest, damaged_or_incomplete_directory_is_refused) {
  open().put("a", 1);
  fs::rename(folder_ / "c/002", folder_ / "away");
  expect_kind(ErrorKind::corrupt, [&] { (void)open(std::nullopt); });
  fs::rename(folder_ / "away", folder_ / "c/002");
  for (const char* text :
       {"", "larder cache, shards: ", "larder cache, shards: 4", "larder cache, shards: 1\n",
        "larder cache, shards: 4\nx", "larder cache, shards: 99999999999\n", "shards: 4\n"}) {
    std::ofstream(folder_ / "c/shards") << text;
    expect_kind(ErrorKind::corrupt, [&] { (void)open(std::nullopt); });
  }
  std::ofstream(folder_ / "c/shards") << "larder cache, shards: 4\n";
  EXPECT_EQ(open().get<int>("a"), 1);
}

TEST_F(ShardedTest, many_processes_create_one_and_the_same) {
  std::vector<Child> children;
  for (std::uint32_t p = 0; p < 4; ++p) {
    children.emplace_back([&, p] {
      try {
        open(2 + p % 2).incr("n");
        return 0;
      } catch (const Error& error) {
        return error.kind() == ErrorKind::invalid_argument ? 0 : 1;
      }
    });
  }
  for (Child& child : children) EXPECT_TRUE(child.wait().is_good());
  EXPECT_EQ(open(std::nullopt).get<std::int64_t>("n"), 2);
}

TEST_F(ShardedTest, limits_are_divided_and_their_sum_holds) {
  Cache cache = open(4, {.max_entries = 101, .eviction = Eviction::fifo});
  for (int i = 0; i < 1000; ++i) {
    cache.put(i, i);
    ASSERT_LE(cache.size(), 101U);
  }
  EXPECT_EQ(cache.size(), 101U);
  EXPECT_EQ(cache.settings().max_entries, 101U);
  EXPECT_EQ(open(std::nullopt).settings().max_entries, 101U);
  cache.change_settings({.max_entries = 50});
  EXPECT_EQ(cache.size(), 50U);
  EXPECT_EQ(cache.settings().max_bytes, no_limit);
  expect_kind(ErrorKind::invalid_argument, [&] { cache.change_settings({.max_entries = 3}); });
  EXPECT_EQ(cache.settings().max_entries, 50U);
}

TEST_F(ShardedTest, every_operation_finds_the_shard_of_its_key) {
  Cache cache = open();
  for (int i = 0; i < 40; ++i) {
    const std::string key = "k" + std::to_string(i);
    EXPECT_TRUE(cache.add(key, 1, {.ttl = 1h, .tags = {"t"}}));
    EXPECT_FALSE(cache.add(key, 2));
    EXPECT_TRUE(cache.contains(key));
    EXPECT_EQ(cache.info(key)->tags, Strings{"t"});
    EXPECT_TRUE(cache.touch(key));
    EXPECT_TRUE(cache.compare_and_swap(key, 1, 2));
    EXPECT_TRUE(cache.compare_and_swap(key, cache.info(key)->version, 3));
    EXPECT_EQ(cache.incr("n" + key, 2), 2);
    EXPECT_EQ(cache.incr("d" + key, 0.5), 0.5);
    EXPECT_EQ(cache.get_or_load("l" + key, [] { return 5; }), 5);
    EXPECT_EQ(cache.get_or_load("l" + key, [] { return 6; }), 5);
    cache.put("s" + key, "content");
    EXPECT_EQ(cache.reader("s" + key)->size(), 7U);
    EXPECT_EQ(cache.pop<int>(key), 3);
    EXPECT_TRUE(cache.compare_and_erase("l" + key, cache.info("l" + key)->version));
  }
  EXPECT_EQ(cache.size(), 120U);
  EXPECT_EQ(cache.verify().problems, Strings{});
  EXPECT_EQ(cache.verify().entries, 120U);
}

TEST_F(ShardedTest, values_in_files_are_compared_in_their_shard) {
  Cache cache = open(4, {.file_above_bytes = 100});
  for (int i = 0; i < 8; ++i) {
    cache.put(i, std::string(1000, 'x'));
    EXPECT_TRUE(cache.compare_and_swap(i, std::string(1000, 'x'), std::string(1000, 'y')));
  }
  EXPECT_EQ(cache.get_many<std::string>(std::vector<int>{0, 7})[1], std::string(1000, 'y'));
  EXPECT_EQ(cache.verify().problems, Strings{});
}

TEST_F(ShardedTest, what_concerns_all_shards_adds_up) {
  Cache cache = open();
  std::map<int, int> values;
  for (int i = 0; i < 100; ++i) values[i] = i;
  cache.put_many(values, {.ttl = 10s, .tags = {"old"}});
  for (int i = 100; i < 150; ++i) cache.put(i, i, {.tags = {"t"}});
  cache.put("text", 1);

  const auto seen = cache.get_many<int>(std::vector<int>{149, 3, 500, 0});
  EXPECT_EQ(seen, (std::vector<std::optional<int>>{149, 3, std::nullopt, 0}));
  EXPECT_EQ(cache.count({.tag = "t"}), 50U);
  EXPECT_EQ(cache.select({.prefix = KeyPrefix::text("te")}).size(), 1U);
  EXPECT_EQ(cache.erase_selected({.prefix = KeyPrefix::text("te")}), 1U);
  EXPECT_EQ(cache.erase_many(std::vector<Key>{100, 101, 999}), 2U);
  clock_.advance(10s);
  EXPECT_EQ(cache.expire(), 100U);
  EXPECT_EQ(cache.erase_tag("t"), 48U);
  cache.put(1, 1);
  EXPECT_EQ(cache.clear(), 1U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(ShardedTest, keys_come_in_key_order_or_shard_after_shard) {
  Cache cache = open();
  std::vector<int> expected;
  for (int i = 0; i < 700; ++i) {
    cache.put((i * 37) % 700, i);
    expected.push_back(i);
  }
  const auto walk = [&](KeyOrder order, Direction direction) {
    std::vector<int> found;
    for (const Key& key : cache.keys(order, direction)) found.push_back(key.as<int>());
    return found;
  };
  EXPECT_EQ(walk(KeyOrder::key, Direction::forward), expected);
  std::vector<int> backward = walk(KeyOrder::key, Direction::backward);
  std::ranges::reverse(backward);
  EXPECT_EQ(backward, expected);

  std::vector<int> inserted = walk(KeyOrder::insertion, Direction::forward);
  std::vector<int> reversed = walk(KeyOrder::insertion, Direction::backward);
  std::ranges::reverse(reversed);
  EXPECT_EQ(inserted, reversed);
  std::ranges::sort(inserted);
  EXPECT_EQ(inserted, expected);
  EXPECT_TRUE(peek_item<int>(cache).has_value());
}

TEST_F(ShardedTest, transaction_over_shards_is_undone_as_a_whole) {
  Cache cache = open();
  for (int i = 0; i < 20; ++i) cache.put(i, 0);
  EXPECT_THROW(cache.transact([&] {
    for (int i = 0; i < 20; ++i) cache.put(i, 1);
    EXPECT_EQ(cache.get<int>(7), 1);
    throw std::runtime_error("undo");
  }),
               std::runtime_error);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(cache.get<int>(i), 0);
  EXPECT_EQ(cache.transact([&] { return cache.incr("n"); }), 1);
  expect_kind(ErrorKind::not_supported, [&] { (void)cache.engine(); });
}

TEST_F(ShardedTest, opposite_transactions_of_threads_do_not_wait_in_a_circle) {
  Cache cache = open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        cache.transact([&] {
          for (int key = 0; key < 6; ++key) cache.incr(t % 2 == 0 ? key : 5 - key);
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int key = 0; key < 6; ++key) EXPECT_EQ(cache.get<std::int64_t>(key), 400);
}

TEST_F(ShardedTest, caches_and_queues_within) {
  Cache cache = open();
  Cache sub = cache.sub("a/b", {.max_entries = 40, .eviction = Eviction::fifo});
  for (int i = 0; i < 100; ++i) sub.put(i, i);
  EXPECT_EQ(sub.size(), 40U);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.subs(), Strings{"a"});
  for (const char* name : {"x", "y", "z", "v", "w"}) {
    Queue queue(cache, name);
    for (int i = 0; i < 10; ++i) queue.push(i);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(queue.pull<int>()->value, i);
  }
  EXPECT_EQ(Queue::names(cache).size(), 5U);
  EXPECT_EQ(Queue(open(std::nullopt), "x").pull<int>()->value, 5);
  EXPECT_EQ(cache.verify().entries, 64U);
  EXPECT_EQ(cache.backup(folder_ / "copy"), 64U);
  EXPECT_TRUE(Queue::drop(cache, "x"));
  EXPECT_TRUE(cache.drop_sub("a"));
  EXPECT_FALSE(cache.drop_sub("a"));
  EXPECT_EQ(cache.verify().problems, Strings{});

  Cache copy = Cache::open({.path = folder_ / "copy"});
  EXPECT_EQ(copy.sub("a/b").size(), 40U);
  EXPECT_EQ(Queue(copy, "x").size(), 4U);
}

TEST_F(ShardedTest, export_has_all_shards) {
  Cache cache = open();
  for (int i = 0; i < 50; ++i) cache.put(i, i);
  std::set<int> seen;
  const ExportReport report =
      export_entries(cache, [&](const ExportedEntry& entry) { seen.insert(entry.key.as<int>()); });
  EXPECT_EQ(report.entries, 50U);
  EXPECT_EQ(seen.size(), 50U);
}

TEST_F(ShardedTest, repair_mends_every_shard) {
  Cache cache = open(4, {.file_above_bytes = 100});
  for (int i = 0; i < 40; ++i) cache.put(i, std::string(1000, 'x'));
  const std::vector<fs::path> files = value_files(folder_ / "c");
  for (std::size_t i = 0; i < 10; ++i) fs::remove(files.at(i));
  EXPECT_EQ(cache.verify().problems.size(), 10U);
  EXPECT_EQ(cache.repair().removed, 10U);
  EXPECT_EQ(cache.size(), 30U);
  EXPECT_EQ(cache.verify().problems, Strings{});
}

// A busy shard is an error, never a quiet nothing; the others go on.
TEST_F(ShardedTest, busy_shard_is_reported) {
  Cache cache = Cache::open({.path = folder_ / "c",
                             .shards = 4,
                             .durability = Durability::disposable,
                             .timeout = std::chrono::milliseconds{5}});
  cache.put("a", 1);
  cache.transact([&] {
    std::thread([&] {
      expect_kind(ErrorKind::unavailable, [&] { cache.put("a", 2); });
      expect_kind(ErrorKind::unavailable, [&] { cache.add("b", 2); });
      expect_kind(ErrorKind::unavailable, [&] { cache.incr("a"); });
      expect_kind(ErrorKind::unavailable, [&] { cache.expire(); });
      EXPECT_EQ(cache.get<int>("a"), 1);
    }).join();
  });
}

TEST_F(ShardedTest, killed_writers_leave_whole_shards) {
  Random random(seed());
  for (int round = 0; round < 8; ++round) {
    std::vector<Child> writers;
    for (int p = 0; p < 2; ++p) {
      writers.emplace_back([&, p] {
        Cache own = open(4, {.max_entries = 200});
        for (int i = 0;; ++i) {
          own.put(i % 500, i, {.tags = {"t"}});
          if (i % 50 == 0) own.transact([&] { own.incr("x"), own.incr("y"); });
          if (i % 97 == p) own.erase_selected({.tag = "t"});
        }
        return 0;
      });
    }
    for (std::uint64_t wait = random() % 5000; wait > 0; --wait) std::this_thread::yield();
    for (Child& child : writers) child.kill(SIGKILL);
    for (Child& child : writers) child.wait();
    EXPECT_EQ(open(std::nullopt).verify().problems, Strings{});
  }
}

}  // namespace
}  // namespace larder::test
