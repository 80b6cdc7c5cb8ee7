// SPDX-License-Identifier: Apache-2.0

// Storing, reading and removing single entries.

#include "larder/cache/cache.h"

#include <map>
#include <stdexcept>

#include "cache_fixture.h"

namespace larder::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Engines, CacheTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);
INSTANTIATE_TEST_SUITE_P(Engines, PersistentCacheTest, testing::Values(lmdb_engine()), engine_name);

struct Point {
  int x = 0;
  double y = 0;
  std::string name;
  friend bool operator==(const Point&, const Point&) = default;
};

TEST_P(CacheTest, value_comes_back_as_it_was_stored) {
  Cache cache = open();

  cache.put("text", std::string("hello"));
  cache.put("number", 42);
  cache.put("fraction", 1.5);
  cache.put("flag", true);
  cache.put("bytes", Bytes{std::byte{0}, std::byte{255}});
  cache.put("point", Point{1, 2.5, "p"});
  cache.put("list", std::vector<std::string>{"a", "", "c"});
  cache.put("map", std::map<std::string, int>{{"a", 1}});
  cache.put("empty", std::string());

  EXPECT_EQ(cache.get<std::string>("text"), "hello");
  EXPECT_EQ(cache.get<int>("number"), 42);
  EXPECT_EQ(cache.get<double>("fraction"), 1.5);
  EXPECT_EQ(cache.get<bool>("flag"), true);
  EXPECT_EQ(cache.get<Bytes>("bytes"), (Bytes{std::byte{0}, std::byte{255}}));
  EXPECT_EQ(cache.get<Point>("point"), (Point{1, 2.5, "p"}));
  EXPECT_EQ(cache.get<std::vector<std::string>>("list"), (Strings{"a", "", "c"}));
  EXPECT_EQ((cache.get<std::map<std::string, int>>("map")), (std::map<std::string, int>{{"a", 1}}));
  EXPECT_EQ(cache.get<std::string>("empty"), "");
  EXPECT_EQ(cache.size(), 9U);
}

TEST_P(CacheTest, text_literals_and_views_are_stored_as_strings) {
  Cache cache = open();

  cache.put("a", "literal");
  cache.put("b", std::string_view("view"));
  EXPECT_TRUE(cache.add("c", "added"));
  EXPECT_FALSE(cache.add("c", "again"));

  EXPECT_EQ(cache.get<std::string>("a"), "literal");
  EXPECT_EQ(cache.get<std::string>("b"), "view");
  EXPECT_EQ(cache.get<std::string>("c"), "added");
}

TEST_P(CacheTest, keys_of_different_kinds_are_different_keys) {
  Cache cache = open();

  cache.put(1, std::string("integer"));
  cache.put(1.0, std::string("double"));
  cache.put(true, std::string("bool"));
  cache.put("1", std::string("text"));

  EXPECT_EQ(cache.size(), 4U);
  EXPECT_EQ(cache.get<std::string>(1), "integer");
  EXPECT_EQ(cache.get<std::string>(1.0), "double");
  EXPECT_EQ(cache.get<std::string>(true), "bool");
  EXPECT_EQ(cache.get<std::string>("1"), "text");
}

// diskcache stored a NaN key as NULL: it was never found again, and copies piled up.
TEST_P(CacheTest, nan_is_one_key_that_is_found_again) {
  Cache cache = open();
  const double nan = std::numeric_limits<double>::quiet_NaN();

  cache.put(nan, 1);
  cache.put(-nan, 2);

  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.get<int>(nan), 2);
}

// diskcache compared pickled bytes, so equal tuples built in different ways missed.
TEST_P(CacheTest, equal_composite_keys_are_one_key) {
  Cache cache = open();
  const std::string long_lived = "part";

  cache.put(std::tuple(long_lived, 1), 1);

  EXPECT_EQ(cache.get<int>(std::tuple(std::string("pa") + "rt", 1L)), 1);
  EXPECT_EQ(cache.get<int>(std::tuple(long_lived, 2)), std::nullopt);
}

TEST_P(CacheTest, keys_of_any_length_work) {
  Cache cache = open();
  const std::string common(600, 'k');

  for (int i = 0; i < 20; ++i) cache.put(common + std::to_string(i), i);
  cache.put(std::string(100'000, 'x'), 100);
  cache.put(std::string(), 0);

  for (int i = 0; i < 20; ++i) EXPECT_EQ(cache.get<int>(common + std::to_string(i)), i);
  EXPECT_EQ(cache.get<int>(std::string(100'000, 'x')), 100);
  EXPECT_EQ(cache.get<int>(std::string()), 0);
  EXPECT_EQ(cache.get<int>(common), std::nullopt);
  EXPECT_TRUE(cache.erase(common + "7"));
  EXPECT_EQ(cache.size(), 21U);
}

TEST_P(CacheTest, large_values_work) {
  Cache cache = open();
  const std::string large(3 << 20, 'v');

  cache.put("k", large);

  EXPECT_EQ(cache.get<std::string>("k"), large);
}

TEST_P(CacheTest, missing_key_is_nothing) {
  Cache cache = open();

  EXPECT_EQ(cache.get<int>("k"), std::nullopt);
  EXPECT_EQ(cache.get_entry<int>("k"), std::nullopt);
  EXPECT_FALSE(cache.contains("k"));
  EXPECT_FALSE(cache.erase("k"));
  EXPECT_EQ(cache.pop<int>("k"), std::nullopt);
  EXPECT_FALSE(cache.touch("k"));
  EXPECT_THROW((void)cache.at<int>("k"), std::out_of_range);
  EXPECT_TRUE(cache.empty());
}

TEST_P(CacheTest, at_returns_the_value) {
  Cache cache = open();
  cache.put("k", 5);

  EXPECT_EQ(cache.at<int>("k"), 5);
}

TEST_P(CacheTest, at_names_the_key_that_is_missing) {
  try {
    (void)open().at<int>("lost");
    FAIL() << "found something";
  } catch (const std::out_of_range& error) {
    EXPECT_NE(std::string(error.what()).find("lost"), std::string::npos);
  }
}

TEST_P(CacheTest, entry_tells_its_times_and_tags) {
  Cache cache = open();
  const WallTime now = clock_.now();
  cache.put("k", 1, {.ttl = 10s, .tags = {"b", "a", "b"}});
  cache.put("plain", 2);
  clock_.advance(3s);

  const auto entry = cache.get_entry<int>("k").value();
  const auto plain = cache.get_entry<int>("plain").value();

  EXPECT_EQ(entry.value, 1);
  EXPECT_EQ(entry.stored_at, now);
  EXPECT_EQ(entry.expires_at, now + 10s);
  EXPECT_EQ(entry.tags, (Strings{"a", "b"}));
  EXPECT_EQ(plain.expires_at, std::nullopt);
  EXPECT_EQ(plain.tags, Strings{});
}

TEST_P(CacheTest, overwriting_replaces_value_expiry_and_tags) {
  Cache cache = open();
  cache.put("k", 1, {.ttl = 10s, .tags = {"old", "both"}});
  clock_.advance(1s);

  cache.put("k", std::string("two"), {.tags = {"both", "new"}});

  const auto entry = cache.get_entry<std::string>("k").value();
  EXPECT_EQ(entry.value, "two");
  EXPECT_EQ(entry.stored_at, clock_.now());
  EXPECT_EQ(entry.expires_at, std::nullopt);
  EXPECT_EQ(entry.tags, (Strings{"both", "new"}));
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.erase_tag("old"), 0U);
  EXPECT_EQ(cache.erase_tag("new"), 1U);
}

TEST_P(CacheTest, add_stores_only_what_is_absent) {
  Cache cache = open();

  EXPECT_TRUE(cache.add("k", 1));
  EXPECT_FALSE(cache.add("k", 2));

  EXPECT_EQ(cache.get<int>("k"), 1);
}

TEST_P(CacheTest, add_replaces_an_expired_value) {
  Cache cache = open();
  cache.put("k", 1, {.ttl = 1s});
  clock_.advance(1s);

  EXPECT_TRUE(cache.add("k", 2));

  EXPECT_EQ(cache.get<int>("k"), 2);
  EXPECT_EQ(cache.size(), 1U);
}

TEST_P(CacheTest, erase_says_whether_there_was_a_live_value) {
  Cache cache = open();
  cache.put("live", 1);
  cache.put("expired", 1, {.ttl = 1s});
  clock_.advance(1s);

  EXPECT_TRUE(cache.erase("live"));
  EXPECT_FALSE(cache.erase("live"));
  EXPECT_FALSE(cache.erase("expired"));
  EXPECT_FALSE(cache.contains("live"));
}

TEST_P(CacheTest, pop_returns_and_removes) {
  Cache cache = open();
  cache.put("k", std::string("v"), {.ttl = 1h, .tags = {"t"}});

  EXPECT_EQ(cache.pop<std::string>("k"), "v");

  EXPECT_EQ(cache.pop<std::string>("k"), std::nullopt);
  EXPECT_TRUE(cache.empty());
}

TEST_P(CacheTest, pop_leaves_a_value_of_another_type) {
  Cache cache = open();
  cache.put("k", std::string("v"));

  EXPECT_EQ(cache.pop<int>("k"), std::nullopt);

  EXPECT_EQ(cache.get<std::string>("k"), "v");
}

TEST_P(CacheTest, pop_ignores_an_expired_value) {
  Cache cache = open();
  cache.put("k", 1, {.ttl = 1s});
  clock_.advance(1s);

  EXPECT_EQ(cache.pop<int>("k"), std::nullopt);
}

TEST_P(CacheTest, value_of_another_type_is_a_miss) {
  Cache cache = open();
  cache.put("k", std::string("text"));

  EXPECT_EQ(cache.get<int>("k"), std::nullopt);

  EXPECT_TRUE(cache.contains("k"));
  EXPECT_EQ(cache.get<std::string>("k"), "text");
  EXPECT_EQ(cache.stats().schema_misses, 1U);
  EXPECT_EQ(cache.stats().misses, 1U);
}

// All integers share a schema; one that does not fit is of another type, not damaged.
TEST_P(CacheTest, integer_that_does_not_fit_is_a_miss) {
  Cache cache = open();
  cache.put("k", 300);

  EXPECT_EQ(cache.get<std::int8_t>("k"), std::nullopt);

  EXPECT_EQ(cache.get<std::uint16_t>("k"), 300);
  EXPECT_EQ(cache.stats().schema_misses, 1U);
  EXPECT_EQ(cache.stats().corrupt_misses, 0U);
  EXPECT_EQ(log_, Strings{});
}

TEST_P(CacheTest, several_caches_share_an_engine) {
  Cache one(engine_, {}, hooks(), as_bytes("one"));
  Cache two(engine_, {}, hooks(), as_bytes("two"));
  Cache longer(engine_, {}, hooks(), as_bytes("one more"));

  one.put("k", 1);
  two.put("k", 2);
  longer.put("k", 3);

  EXPECT_EQ(one.clear(), 1U);
  EXPECT_EQ(two.get<int>("k"), 2);
  EXPECT_EQ(longer.get<int>("k"), 3);
  EXPECT_EQ(one.stats().puts, 1U);
  EXPECT_EQ(longer.verify().problems, Strings{});
}

TEST_P(CacheTest, handles_on_one_cache_see_the_same) {
  Cache cache = open();
  Cache copy = cache;
  Cache other = open();

  cache.put("k", 1);

  EXPECT_EQ(copy.get<int>("k"), 1);
  EXPECT_EQ(other.get<int>("k"), 1);
}

TEST_P(CacheTest, clear_removes_everything_but_settings_and_statistics) {
  Cache cache = open({.max_entries = 5000});
  for (int i = 0; i < 1000; ++i) {
    cache.put(i, i,
              {.ttl = i % 3 == 0 ? std::optional<Duration>(1h) : std::nullopt,
               .tags = i % 2 == 0 ? Strings{"even"} : Strings{}});
  }

  EXPECT_EQ(cache.clear(), 1000U);

  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
  EXPECT_EQ(cache.clear(), 0U);
  EXPECT_EQ(cache.settings().max_entries, 5000U);
  EXPECT_EQ(cache.stats().puts, 1000U);
  EXPECT_EQ(cache.stats().erased, 1000U);
  EXPECT_EQ(cache.erase_tag("even"), 0U);
}

TEST_P(CacheTest, nothing_is_left_in_the_engine_after_clear) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 1h, .tags = {"t", "u"}});
  cache.put("b", 1, {.ttl = 1h, .tags = {"t"}});

  cache.clear();

  EXPECT_EQ(entries(*engine_).size(), 1U) << "only the record of settings and counters";
}

TEST_P(CacheTest, bytes_grow_and_shrink_with_what_is_stored) {
  Cache cache = open();
  cache.put("k", std::string(1000, 'v'));
  const std::uint64_t one = cache.bytes();

  cache.put("k", std::string(2000, 'v'));
  EXPECT_EQ(cache.bytes(), one + 1000);
  cache.put("k", std::string(1000, 'v'));
  EXPECT_EQ(cache.bytes(), one);
  cache.put("l", std::string(1000, 'v'));
  EXPECT_EQ(cache.bytes(), 2 * one);
  cache.erase("k");
  EXPECT_EQ(cache.bytes(), one);
  EXPECT_GE(one, 1000U);
  EXPECT_LE(one, 1100U);
}

TEST_P(CacheTest, long_values_are_compressed_when_asked) {
  Cache cache = open({.compress_above_bytes = 100});
  const std::string repetitive(10'000, 'v');

  cache.put("long", repetitive, {.ttl = 1h, .tags = {"t"}});
  cache.put("short", std::string(90, 'v'));

  EXPECT_LT(cache.bytes(), 1000U);
  EXPECT_EQ(cache.get<std::string>("long"), repetitive);
  EXPECT_EQ(cache.get<std::string>("short"), std::string(90, 'v'));
  EXPECT_TRUE(cache.touch("long", 2h));
  EXPECT_EQ(open().pop<std::string>("long"), repetitive);
}

TEST_P(CacheTest, what_compression_makes_longer_is_stored_as_it_is) {
  Cache cache = open();
  cache.put("k", 7);
  const std::uint64_t plain = cache.bytes();
  cache.change_settings({.compress_above_bytes = 0});

  cache.put("k", 7);

  EXPECT_EQ(cache.bytes(), plain);
  EXPECT_EQ(cache.incr("k"), 8);
}

TEST_P(CacheTest, view_fixes_the_types) {
  Cache cache = open();
  CacheView<std::string, int> ages = cache.view<std::string, int>();

  ages.put("ann", 30);
  EXPECT_FALSE(ages.add("ann", 31));

  EXPECT_EQ(ages.get("ann"), 30);
  EXPECT_EQ(ages.at("ann"), 30);
  EXPECT_TRUE(ages.contains("ann"));
  EXPECT_EQ(ages.pop("ann"), 30);
  EXPECT_FALSE(ages.erase("ann"));
  EXPECT_TRUE(ages.cache().empty());
}

// An empty cache is still a cache: `if (cache)` must not mean "is there anything in it".
static_assert(!std::is_convertible_v<Cache, bool> && !std::is_constructible_v<bool, Cache>);

TEST_P(CacheTest, prefix_must_be_usable) {
  expect_kind(ErrorKind::invalid_argument, [&] { Cache(engine_, {}, {}, as_bytes("")); });
  expect_kind(ErrorKind::invalid_argument,
              [&] { Cache(engine_, {}, {}, as_bytes(std::string(101, 'p'))); });
  // Containers have the keys that begin so.
  expect_kind(ErrorKind::invalid_argument,
              [&] { Cache(engine_, {}, {}, as_bytes(std::string("\0p", 2))); });
}

}  // namespace
}  // namespace larder::test
