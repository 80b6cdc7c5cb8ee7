// SPDX-License-Identifier: Apache-2.0

// get_many, put_many, erase_many; and that no write waits without end.

#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "cache_fixture.h"
#include "support/channel.h"
#include "support/child.h"

namespace larder::test {
namespace {

TEST_P(CacheTest, many_are_stored_and_read_in_their_order) {
  Cache cache = open();
  cache.put_many(std::vector<std::pair<std::string, int>>{{"b", 1}, {"a", 2}, {"b", 3}},
                 {.ttl = 10s, .tags = {"t"}});

  EXPECT_EQ(cache.get_many<int>(Strings{"a", "missing", "b", "a"}),
            (std::vector<std::optional<int>>{2, std::nullopt, 3, 2}));
  EXPECT_EQ(keys(cache), (Strings{"b", "a"}));
  EXPECT_EQ(cache.info("a")->tags, Strings{"t"});
  EXPECT_EQ(cache.stats().hits, 3U);
  EXPECT_EQ(cache.stats().misses, 1U);
  EXPECT_EQ(cache.stats().puts, 3U);
  clock_.advance(10s);
  EXPECT_EQ(cache.get_many<int>(Strings{"a"}), (std::vector<std::optional<int>>{std::nullopt}));
}

TEST_P(CacheTest, many_may_come_from_a_map_and_have_keys_of_any_kind) {
  Cache cache = open();
  cache.put_many(std::map<int, std::string>{{1, "one"}, {2, "two"}});
  EXPECT_EQ(cache.get_many<std::string>(std::vector<Key>{2, 1, "1"}),
            (std::vector<std::optional<std::string>>{"two", "one", std::nullopt}));
  EXPECT_EQ(cache.get_many<std::string>(std::vector<int>{}).size(), 0U);
  cache.put_many(std::map<int, int>{});
}

TEST_P(CacheTest, of_many_none_is_stored_if_one_has_no_room) {
  Cache cache = open({.max_entries = 3, .eviction = Eviction::none});
  cache.put("a", 1);
  expect_kind(ErrorKind::full, [&] {
    cache.put_many(std::map<std::string, int>{{"a", 2}, {"b", 2}, {"c", 2}, {"d", 2}});
  });
  EXPECT_EQ(keys(cache), Strings{"a"});
  EXPECT_EQ(cache.get<int>("a"), 1);
}

TEST_P(CacheTest, many_stay_within_the_limits) {
  Cache cache = open({.max_entries = 3, .eviction = Eviction::fifo});
  cache.put_many(
      std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}});
  EXPECT_EQ(keys(cache), (Strings{"c", "d", "e"}));
}

TEST_P(CacheTest, many_are_erased_and_counted_once) {
  Cache cache = open();
  cache.put_many(std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 1}, {"c", 1}});
  const std::vector<Key> gone = {"a", "missing", "c", "a"};
  EXPECT_EQ(cache.erase_many(gone), 2U);
  EXPECT_EQ(keys(cache), Strings{"b"});
}

TEST_P(CacheTest, reading_many_counts_as_a_use_of_each) {
  Cache cache = open({.max_entries = 2, .eviction = Eviction::lru});
  cache.put("a", 1);
  cache.put("b", 1);
  (void)cache.get_many<int>(Strings{"a"});
  cache.put("c", 1);
  EXPECT_EQ(keys(cache), (Strings{"a", "c"}));
}

TEST_P(CacheTest, reading_many_moves_expiries) {
  Cache cache = open();
  cache.put_many(std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 1}}, {.idle_ttl = 10s});
  clock_.advance(6s);
  EXPECT_EQ(cache.get_many<int>(Strings{"a"}), (std::vector<std::optional<int>>{1}));
  clock_.advance(6s);
  EXPECT_TRUE(cache.contains("a"));
  EXPECT_FALSE(cache.contains("b"));
}

TEST_P(CacheTest, a_damaged_one_of_many_is_a_miss) {
  Cache cache = open();
  cache.put_many(std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}});
  flip("a");
  leave_damaged();
  EXPECT_EQ(cache.get_many<int>(Strings{"a", "b"}),
            (std::vector<std::optional<int>>{std::nullopt, 2}));
  EXPECT_EQ(cache.stats().corrupt_misses, 1U);
}

TEST(CacheBulk, values_in_files_are_read_and_stored) {
  const TempDir folder(memory_folder());
  Cache cache =
      Cache::open({.path = folder / "c", .settings = CacheSettings{.file_above_bytes = 100}});
  std::map<int, std::string> values;
  for (int i = 0; i < 10; ++i) values[i] = std::string(i % 2 == 0 ? 10 : 5000, 'x');
  cache.put_many(values);
  const auto read = cache.get_many<std::string>(std::vector<int>{0, 1, 2, 3});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(read[static_cast<std::size_t>(i)], values[i]);
  EXPECT_EQ(cache.stats().hits, 4U);
  EXPECT_EQ(cache.verify().problems, Strings{});
}

// A reader of many sees all of a change, or nothing of it.
TEST(CacheBulk, many_are_read_as_one_moment_saw_them) {
  const TempDir folder(memory_folder());
  Cache cache = Cache::open({.path = folder / "c", .durability = Durability::disposable});
  const std::vector<int> all = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto values = [&](int value) {
    std::map<int, int> result;
    for (const int key : all) result[key] = value;
    return result;
  };
  cache.put_many(values(0));
  std::atomic<bool> is_over{false};
  std::thread writer([&] {
    for (int i = 1; i <= 500; ++i) cache.put_many(values(i));
    is_over = true;
  });
  int rounds = 0;
  while (!is_over || rounds < 10) {
    const auto seen = cache.get_many<int>(all);
    for (const auto& value : seen) ASSERT_EQ(value, seen.front());
    ++rounds;
  }
  writer.join();
}

// Every kind of write, against a process that does not let go.
TEST(CacheDeadline, every_write_gives_up_in_time) {
  const TempDir folder(memory_folder());
  const CacheOptions options{.path = folder / "c",
                             .durability = Durability::disposable,
                             .timeout = std::chrono::milliseconds{5}};
  Cache cache = Cache::open(options);
  cache.put("a", 1, {.ttl = 1h, .tags = {"t"}});
  const Version version = cache.info("a")->version;
  ChannelPair line;
  Child holder([&] {
    line.parent.close();
    Cache own = Cache::open(options);
    own.transact([&] {
      line.child.send("holds");
      static_cast<void>(line.child.receive());
    });
    return 0;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "holds");

  const std::vector<Key> keys = {"a"};
  const std::vector<std::function<void()>> writes = {
      [&] { cache.put("a", 2); },
      [&] { cache.add("b", 2); },
      [&] { cache.erase("a"); },
      [&] { (void)cache.pop<int>("a"); },
      [&] { cache.touch("a"); },
      [&] { cache.incr("a"); },
      [&] { cache.incr("a", 1.5); },
      [&] { cache.compare_and_swap("a", 1, 2); },
      [&] { cache.compare_and_swap("a", version, 2); },
      [&] { cache.compare_and_erase("a", version); },
      [&] { cache.put_many(std::map<int, int>{{1, 1}}); },
      [&] { cache.erase_many(keys); },
      [&] { cache.erase_selected({.tag = "t"}); },
      [&] { cache.erase_tag("t"); },
      [&] { cache.clear(); },
      [&] { cache.expire(); },
      [&] { cache.evict(); },
      [&] { cache.change_settings({.max_entries = 5}); },
      [&] { cache.repair(); },
      [&] { cache.transact([] {}); },
      [&] { cache.transact([] {}, {.deadline = SteadyTime{}}); },
  };
  for (const auto& write : writes) expect_kind(ErrorKind::unavailable, write);
  EXPECT_EQ(cache.get<int>("a"), 1) << "reads do not wait";

  line.parent.send("go");
  EXPECT_TRUE(holder.wait().is_good());
  EXPECT_EQ(cache.keys().begin()->as<std::string>(), "a");
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.get<int>("a"), 1);
}

}  // namespace
}  // namespace larder::test
