// SPDX-License-Identifier: Apache-2.0

// Lives that are more than one point in time: idle entries, stale ones, and readers who ask for
// young values only.

#include <map>
#include <stdexcept>
#include <string>

#include "cache_fixture.h"

namespace larder::test {
namespace {

TEST_P(CacheTest, idle_entry_expires_after_its_last_use) {
  Cache cache = open();
  cache.put("a", 1, {.idle_ttl = 80s});
  for (int i = 0; i < 20; ++i) {
    clock_.advance(79s);
    ASSERT_EQ(cache.get<int>("a"), 1) << i;
  }
  clock_.advance(80s);
  EXPECT_EQ(cache.get<int>("a"), std::nullopt);
}

TEST_P(CacheTest, use_soon_after_another_is_not_noted) {
  Cache cache = open();
  cache.put("a", 1, {.idle_ttl = 80s});
  clock_.advance(9s);
  EXPECT_EQ(cache.get<int>("a"), 1);
  EXPECT_EQ(cache.info("a")->expires_at, clock_.now() - 9s + 80s);
  clock_.advance(2s);
  EXPECT_EQ(cache.get<int>("a"), 1);
  EXPECT_EQ(cache.info("a")->expires_at, clock_.now() + 80s);
}

TEST_P(CacheTest, looking_without_using_does_not_keep_an_idle_entry) {
  Cache cache = open();
  cache.put("a", 1, {.idle_ttl = 80s});
  clock_.advance(60s);
  EXPECT_TRUE(cache.contains("a"));
  EXPECT_TRUE(cache.info("a").has_value());
  clock_.advance(20s);
  EXPECT_FALSE(cache.contains("a"));
}

TEST_P(CacheTest, idle_entry_does_not_outlive_its_ttl) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 100s, .idle_ttl = 80s});
  clock_.advance(70s);
  EXPECT_EQ(cache.get<int>("a"), 1);
  EXPECT_EQ(cache.info("a")->expires_at, clock_.now() + 30s);
  clock_.advance(29s);
  EXPECT_EQ(cache.get<int>("a"), 1);
  clock_.advance(1s);
  EXPECT_EQ(cache.get<int>("a"), std::nullopt);
}

TEST_P(CacheTest, idle_entry_is_read_within_a_view_without_harm) {
  Cache cache = open();
  cache.put("a", 1, {.idle_ttl = 80s});
  clock_.advance(60s);
  cache.engine().view([&](ReadTxn&) { EXPECT_EQ(cache.get<int>("a"), 1); });
  EXPECT_EQ(cache.get<int>("a"), 1);
  EXPECT_EQ(cache.info("a")->expires_at, clock_.now() + 80s);
}

TEST_P(CacheTest, touch_restarts_an_idle_life) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 100s, .idle_ttl = 80s});
  clock_.advance(70s);
  EXPECT_TRUE(cache.touch("a", 50s));
  EXPECT_EQ(cache.info("a")->expires_at, clock_.now() + 50s);
  clock_.advance(49s);
  EXPECT_EQ(cache.get<int>("a"), 1);
  clock_.advance(1s);
  EXPECT_EQ(cache.get<int>("a"), std::nullopt);
}

TEST_P(CacheTest, stale_entry_is_expired_for_everyone_but_a_load) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 10s, .stale_for = 20s, .tags = {"t"}});
  EXPECT_EQ(cache.info("a")->expires_at, clock_.now() + 10s);
  clock_.advance(10s);
  EXPECT_EQ(cache.get<int>("a"), std::nullopt);
  EXPECT_FALSE(cache.contains("a"));
  EXPECT_EQ(cache.info("a"), std::nullopt);
  EXPECT_EQ(cache.expire(), 0U) << "it is kept";
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_TRUE(cache.verify().problems.empty());
  clock_.advance(20s);
  EXPECT_EQ(cache.expire(), 1U);
  EXPECT_TRUE(cache.verify().problems.empty());
}

TEST_P(CacheTest, stale_entry_gives_way_to_a_new_one) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 10s, .stale_for = 20s});
  clock_.advance(15s);
  EXPECT_TRUE(cache.add("a", 2));
  EXPECT_EQ(cache.get<int>("a"), 2);
  EXPECT_EQ(cache.info("a")->expires_at, std::nullopt);
  EXPECT_TRUE(cache.verify().problems.empty());
}

TEST_P(CacheTest, changes_of_live_entries_leave_a_stale_one_to_loads) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 10s, .stale_for = 20s});
  const Version version = cache.info("a")->version;
  clock_.advance(15s);
  EXPECT_FALSE(cache.touch("a", 1h));
  EXPECT_FALSE(cache.compare_and_swap("a", version, 2));
  EXPECT_FALSE(cache.compare_and_erase("a", version));
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.get_or_load("a", []() -> int { throw std::runtime_error("down"); }), 1);
  EXPECT_TRUE(cache.verify().problems.empty());
}

TEST_P(CacheTest, touch_keeps_how_long_an_entry_may_be_stale) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 10s, .stale_for = 20s});
  EXPECT_TRUE(cache.touch("a", 30s));
  EXPECT_EQ(cache.info("a")->expires_at, clock_.now() + 30s);
  clock_.advance(49s);
  EXPECT_EQ(cache.expire(), 0U);
  clock_.advance(1s);
  EXPECT_EQ(cache.expire(), 1U);
}

TEST_P(CacheTest, counting_keeps_the_life_of_an_entry) {
  Cache cache = open();
  cache.put("a", 1, {.ttl = 10s, .stale_for = 20s});
  EXPECT_EQ(cache.incr("a"), 2);
  EXPECT_EQ(cache.info("a")->expires_at, clock_.now() + 10s);
  clock_.advance(15s);
  EXPECT_EQ(cache.expire(), 0U);
  EXPECT_EQ(cache.size(), 1U);
}

TEST_P(CacheTest, reader_who_asks_for_young_values_misses_old_ones) {
  Cache cache = open();
  cache.put("a", 1);
  clock_.advance(10s);
  EXPECT_EQ(cache.get<int>("a", {.max_age = 11s}), 1);
  EXPECT_EQ(cache.get<int>("a", {.max_age = 10s}), std::nullopt);
  EXPECT_EQ(cache.get<int>("a", {.max_age = 0s}), std::nullopt);
  EXPECT_EQ(cache.get<int>("a"), 1);
  EXPECT_EQ(cache.get_entry<int>("a", {.max_age = 10s}), std::nullopt);
  EXPECT_EQ(cache.stats().misses, 3U);
}

TEST_P(CacheTest, idle_ttl_of_nothing_is_refused) {
  Cache cache = open();
  cache.put("k", 1, {.tags = {"t"}});
  for (const Duration idle : {Duration{}, Duration{-1}, Duration::min()}) {
    const PutOptions options{.idle_ttl = idle};
    expect_kind(ErrorKind::invalid_argument, [&] { cache.put("k", 2, options); });
    expect_kind(ErrorKind::invalid_argument, [&] { cache.put("k", std::string(9, 'x'), options); });
    expect_kind(ErrorKind::invalid_argument, [&] { cache.add("l", 2, options); });
    expect_kind(ErrorKind::invalid_argument,
                [&] { cache.put_many(std::map<std::string, int>{{"k", 2}}, options); });
    expect_kind(ErrorKind::invalid_argument, [&] { cache.compare_and_swap("k", 1, 2, options); });
  }
  EXPECT_EQ(cache.get<int>("k"), 1);
  EXPECT_EQ(cache.size(), 1U);
}

TEST_P(CacheTest, popped_entry_has_its_times_and_tags) {
  Cache cache = open();
  cache.put("k", 7, {.ttl = 10s, .tags = {"b", "a"}});
  const Version version = cache.info("k")->version;
  clock_.advance(1s);
  EXPECT_FALSE(cache.pop_entry<std::string>("k")) << "another type stays";
  const auto entry = cache.pop_entry<int>("k");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->value, 7);
  EXPECT_EQ(entry->stored_at, clock_.now() - 1s);
  EXPECT_EQ(entry->expires_at, clock_.now() + 9s);
  EXPECT_EQ(entry->tags, (Strings{"a", "b"}));
  EXPECT_EQ(entry->version, version);
  EXPECT_FALSE(cache.contains("k"));
  EXPECT_FALSE(cache.pop_entry<int>("k"));
}

}  // namespace
}  // namespace larder::test
