// SPDX-License-Identifier: Apache-2.0

// Walking over the keys.

#include <iterator>
#include <set>

#include "cache_fixture.h"

namespace larder::test {
namespace {

static_assert(std::input_iterator<CacheKeys::Iterator>);

std::vector<int> numbers(const CacheKeys& keys) {
  std::vector<int> found;
  for (const Key& key : keys) found.push_back(key.as<int>());
  return found;
}

TEST_P(CacheTest, keys_come_in_the_order_of_first_insertion) {
  Cache cache = open();
  for (const char* key : {"c", "a", "b"}) cache.put(key, 1);
  cache.put("c", 2);

  EXPECT_EQ(keys(cache), (Strings{"c", "a", "b"}));
  EXPECT_EQ(keys(cache, KeyOrder::insertion, Direction::backward), (Strings{"b", "a", "c"}));
}

TEST_P(CacheTest, erased_key_comes_back_at_the_end) {
  Cache cache = open();
  for (const char* key : {"a", "b"}) cache.put(key, 1);
  cache.erase("a");
  cache.put("a", 1);

  EXPECT_EQ(keys(cache), (Strings{"b", "a"}));
}

// An expired entry is gone, whether or not its space was reclaimed before the key came again.
TEST_P(CacheTest, expired_key_comes_back_at_the_end) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 1s});
  cache.put("b", 1);
  clock_.advance(1s);
  cache.put("a", 1);

  EXPECT_EQ(keys(cache), (Strings{"b", "a"}));
}

TEST_P(CacheTest, keys_come_in_key_order) {
  Cache cache = open();
  for (const char* key : {"c", "a", "bb", "b"}) cache.put(key, 1);

  EXPECT_EQ(keys(cache, KeyOrder::key), (Strings{"a", "b", "bb", "c"}));
  EXPECT_EQ(keys(cache, KeyOrder::key, Direction::backward), (Strings{"c", "bb", "b", "a"}));
}

TEST_P(CacheTest, empty_cache_has_no_keys) {
  Cache cache = open();

  EXPECT_EQ(keys(cache), Strings{});
  EXPECT_EQ(keys(cache, KeyOrder::key), Strings{});
}

TEST_P(CacheTest, walk_over_many_keys_misses_none) {
  Cache cache = open();
  std::vector<int> expected;
  engine_->update([&](WriteTxn&) {
    for (int i = 0; i < 1000; ++i) {
      cache.put(i, i);
      expected.push_back(i);
    }
  });
  const std::vector<int> reversed(expected.rbegin(), expected.rend());

  EXPECT_EQ(numbers(cache.keys(KeyOrder::insertion)), expected);
  EXPECT_EQ(numbers(cache.keys(KeyOrder::key)), expected);
  EXPECT_EQ(numbers(cache.keys(KeyOrder::insertion, Direction::backward)), reversed);
  EXPECT_EQ(numbers(cache.keys(KeyOrder::key, Direction::backward)), reversed);
}

TEST_P(CacheTest, walk_of_exactly_one_batch_ends) {
  Cache cache = open();
  for (int i = 0; i < 128; ++i) cache.put(i, i);

  EXPECT_EQ(numbers(cache.keys()).size(), 128U);
  EXPECT_EQ(numbers(cache.keys(KeyOrder::key, Direction::backward)).size(), 128U);
}

// Engine keys beyond 480 bytes that begin alike have no order: a walk must not stop among them.
TEST_P(CacheTest, walk_over_long_keys_sees_each_once) {
  Cache cache = open();
  const std::string common(500, 'k');
  std::multiset<std::string> expected;
  for (int i = 0; i < 400; ++i) {
    const std::string key = i % 2 == 0 ? common + std::to_string(i) : std::to_string(i);
    cache.put(key, i);
    expected.insert(key);
  }
  for (std::size_t size = 460; size < 500; ++size) {
    cache.put(std::string(size, 'k'), 1);
    expected.insert(std::string(size, 'k'));
  }

  for (const KeyOrder order : {KeyOrder::insertion, KeyOrder::key}) {
    for (const Direction direction : {Direction::forward, Direction::backward}) {
      const Strings found = keys(cache, order, direction);
      EXPECT_EQ(std::multiset<std::string>(found.begin(), found.end()), expected);
    }
  }
}

TEST_P(CacheTest, entries_added_during_a_walk_are_not_in_it) {
  for (const KeyOrder order : {KeyOrder::insertion, KeyOrder::key}) {
    for (const Direction direction : {Direction::forward, Direction::backward}) {
      Cache cache = open();
      cache.clear();
      for (int i = 0; i < 300; ++i) cache.put(i, i);

      std::set<int> seen;
      for (const Key& key : cache.keys(order, direction)) {
        const int number = key.as<int>();
        EXPECT_TRUE(seen.insert(number).second) << "no key twice";
        cache.put(1000 + number, 1);
        cache.put(-1 - number, 1);
      }

      EXPECT_EQ(seen.size(), 300U);
      EXPECT_EQ(*seen.begin(), 0);
      EXPECT_EQ(*seen.rbegin(), 299);
    }
  }
}

TEST_P(CacheTest, everything_may_be_erased_during_a_walk) {
  for (const KeyOrder order : {KeyOrder::insertion, KeyOrder::key}) {
    for (const Direction direction : {Direction::forward, Direction::backward}) {
      Cache cache = open();
      for (int i = 0; i < 300; ++i) cache.put(i, i);

      for (const Key& key : cache.keys(order, direction)) EXPECT_TRUE(cache.erase(key));

      EXPECT_TRUE(cache.empty());
    }
  }
}

TEST_P(CacheTest, walk_survives_a_clear) {
  Cache cache = open();
  for (int i = 0; i < 300; ++i) cache.put(i, i);
  const CacheKeys keys = cache.keys();

  auto walk = keys.begin();
  cache.clear();
  std::size_t rest = 0;
  while (walk != keys.end()) {
    ++walk;
    ++rest;
  }

  EXPECT_LE(rest, 128U);
}

TEST_P(CacheTest, walk_keeps_the_cache_open) {
  Cache cache = open();
  cache.put("k", 1);
  const CacheKeys keys = Cache(cache).keys();
  cache = Cache(open_memory_engine());

  EXPECT_EQ(keys.begin()->as<std::string>(), "k");
}

// Keys of all kinds round-trip, so that what a walk gives can be asked for.
TEST_P(CacheTest, keys_of_all_kinds_can_be_read_back) {
  Cache cache = open();
  cache.put(std::tuple("f", 1, 2.5), 1);
  cache.put(Bytes{std::byte{0}}, 2);
  cache.put(WallTime{1s}, 3);
  cache.put(false, 4);

  int sum = 0;
  for (const Key& key : cache.keys()) sum += cache.at<int>(key);

  EXPECT_EQ(sum, 10);
}

TEST_P(CacheTest, tags_erase_many) {
  Cache cache = open();
  for (int i = 0; i < 600; ++i) {
    cache.put(i, i, {.tags = {i % 2 == 0 ? "even" : "odd", "all"}});
  }

  EXPECT_EQ(cache.erase_tag("even"), 300U);
  EXPECT_EQ(cache.size(), 300U);
  EXPECT_EQ(cache.erase_tag("even"), 0U);
  EXPECT_EQ(cache.erase_tag("unknown"), 0U);
  EXPECT_EQ(cache.erase_tag("all"), 300U);
  EXPECT_TRUE(cache.empty());
}

TEST_P(CacheTest, tags_that_begin_alike_are_apart) {
  Cache cache = open();
  cache.put("1", 1, {.tags = {"a"}});
  cache.put("2", 1, {.tags = {"ab"}});
  cache.put("3", 1, {.tags = {""}});
  cache.put("4", 1, {.tags = {std::string("a\0", 2)}});

  EXPECT_EQ(cache.erase_tag("a"), 1U);
  EXPECT_EQ(keys(cache), (Strings{"2", "3", "4"}));
  EXPECT_EQ(cache.erase_tag(""), 1U);
  EXPECT_EQ(keys(cache), (Strings{"2", "4"}));
}

TEST_P(CacheTest, tags_of_any_length_up_to_64_kib_work) {
  Cache cache = open();
  const std::string longest(65'535, 't');
  cache.put("k", 1, {.tags = {longest, longest.substr(1), "short"}});

  EXPECT_EQ(cache.get_entry<int>("k")->tags.size(), 3U);
  expect_kind(ErrorKind::invalid_argument, [&] { cache.put("l", 1, {.tags = {longest + "t"}}); });
  EXPECT_EQ(cache.erase_tag(longest), 1U);
  EXPECT_FALSE(cache.contains("l"));
}

}  // namespace
}  // namespace larder::test
