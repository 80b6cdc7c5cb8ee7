// SPDX-License-Identifier: Apache-2.0

// Time: one rule, `now >= expires_at` is expired, wherever one looks.

#include "cache_fixture.h"

namespace larder::test {
namespace {

TEST_P(CacheTest, expired_entry_is_not_returned) {
  Cache cache = open();
  cache.put("k", 1, {.ttl = 10s});

  clock_.advance(10s - 1us);
  EXPECT_EQ(cache.get<int>("k"), 1);
  EXPECT_TRUE(cache.contains("k"));

  clock_.advance(1us);
  EXPECT_EQ(cache.get<int>("k"), std::nullopt);
  EXPECT_EQ(cache.get_entry<int>("k"), std::nullopt);
  EXPECT_FALSE(cache.contains("k"));
  EXPECT_THROW((void)cache.at<int>("k"), std::out_of_range);
}

// In diskcache some functions took an entry at its very last moment for alive, others for expired.
TEST_P(CacheTest, every_function_agrees_about_the_last_moment) {
  Cache cache = open();
  const auto expire_now = [&](const Key& key) {
    cache.put(key, 1, {.ttl = 1s});
    clock_.advance(1s);
    return key;
  };

  EXPECT_TRUE(cache.add(expire_now("add"), 2));
  EXPECT_FALSE(cache.erase(expire_now("erase")));
  EXPECT_EQ(cache.pop<int>(expire_now("pop")), std::nullopt);
  EXPECT_FALSE(cache.touch(expire_now("touch"), 1h));
  EXPECT_EQ(cache.incr(expire_now("incr")), 1);
  expire_now("expire");
  EXPECT_EQ(cache.expire(), 1U);
}

TEST_P(CacheTest, expiry_time_wins_over_lifetime) {
  Cache cache = open();
  const WallTime end = clock_.now() + 5s;

  cache.put("k", 1, {.ttl = 1h, .expires_at = end});

  EXPECT_EQ(cache.get_entry<int>("k")->expires_at, end);
}

// diskcache never removed an entry whose expiry time was zero or before.
TEST_P(CacheTest, entry_that_expires_at_once_is_never_returned_and_is_collected) {
  Cache cache = open();

  cache.put("zero", 1, {.ttl = 0s});
  EXPECT_EQ(cache.get<int>("zero"), std::nullopt);
  EXPECT_EQ(cache.expire(), 1U);
  cache.put("negative", 1, {.ttl = -1s});
  EXPECT_EQ(cache.get<int>("negative"), std::nullopt);
  EXPECT_EQ(cache.expire(), 1U);
  cache.put("epoch", 1, {.expires_at = WallTime{}});
  EXPECT_EQ(cache.get<int>("epoch"), std::nullopt);
  EXPECT_EQ(cache.expire(), 1U);
  cache.put("ancient", 1, {.expires_at = WallTime::min()});
  EXPECT_EQ(cache.get<int>("ancient"), std::nullopt);
  EXPECT_EQ(cache.expire(), 1U);
  EXPECT_TRUE(cache.empty());
}

TEST_P(CacheTest, put_that_expires_at_once_replaces_the_old_value) {
  Cache cache = open();
  cache.put("k", 1);

  cache.put("k", 2, {.ttl = 0s});

  EXPECT_EQ(cache.get<int>("k"), std::nullopt);
}

TEST_P(CacheTest, endless_lifetime_does_not_overflow) {
  Cache cache = open();

  cache.put("k", 1, {.ttl = Duration::max()});
  cache.put("l", 1, {.ttl = Duration::min()});
  cache.put("m", 1, {.expires_at = WallTime::max()});
  clock_.advance(std::chrono::hours{24 * 365 * 100});

  EXPECT_EQ(cache.get<int>("k"), 1);
  EXPECT_EQ(cache.get<int>("l"), std::nullopt);
  EXPECT_EQ(cache.get<int>("m"), 1);
  EXPECT_EQ(cache.get_entry<int>("m")->expires_at, std::nullopt);
}

// diskcache's expire() stopped after a batch when many entries shared one expiry time.
TEST_P(CacheTest, expire_removes_all_that_share_one_moment) {
  Cache cache = open();
  for (int i = 0; i < 700; ++i) cache.put(i, i, {.ttl = 10s});
  cache.put("later", 1, {.ttl = 11s});
  cache.put("never", 1);
  clock_.advance(10s);

  EXPECT_EQ(cache.expire(), 700U);

  EXPECT_EQ(keys(cache), (Strings{"later", "never"}));
  EXPECT_EQ(cache.expire(), 0U);
  EXPECT_EQ(cache.stats().expired, 700U);
}

TEST_P(CacheTest, expired_entry_counts_until_it_is_collected) {
  Cache cache = open();
  cache.put("k", 1, {.ttl = 1s});
  clock_.advance(1s);

  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(keys(cache), Strings{"k"});
  EXPECT_EQ(cache.expire(), 1U);
  EXPECT_EQ(cache.size(), 0U);
}

TEST_P(CacheTest, writes_clear_away_a_few_expired_entries) {
  Cache cache = open();
  for (int i = 0; i < 40; ++i) cache.put(i, i, {.ttl = 1s});
  clock_.advance(1s);

  cache.put("a", 1);
  EXPECT_LE(cache.size(), 25U);
  cache.put("b", 1);
  cache.put("c", 1);
  EXPECT_EQ(cache.size(), 3U);
}

TEST_P(CacheTest, touch_restarts_the_lifetime) {
  Cache cache = open();
  cache.put("k", 1, {.ttl = 10s, .tags = {"t"}});
  const WallTime stored = clock_.now();
  clock_.advance(9s);

  EXPECT_TRUE(cache.touch("k", 10s));

  clock_.advance(9s);
  const auto entry = cache.get_entry<int>("k").value();
  EXPECT_EQ(entry.expires_at, clock_.now() + 1s);
  EXPECT_EQ(entry.stored_at, stored);
  EXPECT_EQ(entry.tags, Strings{"t"});
  clock_.advance(1s);
  EXPECT_FALSE(cache.touch("k", 10s));
}

TEST_P(CacheTest, touch_without_a_lifetime_means_for_ever) {
  Cache cache = open({.expire_after_write = 1s});
  cache.put("k", 1);

  EXPECT_TRUE(cache.touch("k"));

  clock_.advance(1h);
  EXPECT_EQ(cache.get<int>("k"), 1);
  EXPECT_EQ(cache.expire(), 0U);
}

TEST_P(CacheTest, touch_may_end_a_life) {
  Cache cache = open();
  cache.put("k", 1);

  EXPECT_TRUE(cache.touch("k", 0s));

  EXPECT_FALSE(cache.contains("k"));
  EXPECT_EQ(cache.expire(), 1U);
}

TEST_P(CacheTest, default_lifetime_applies_where_none_is_given) {
  Cache cache = open({.expire_after_write = 10s});

  cache.put("default", 1);
  cache.put("own", 1, {.ttl = 20s});
  cache.add("added", 1);

  EXPECT_EQ(cache.get_entry<int>("default")->expires_at, clock_.now() + 10s);
  EXPECT_EQ(cache.get_entry<int>("own")->expires_at, clock_.now() + 20s);
  EXPECT_EQ(cache.get_entry<int>("added")->expires_at, clock_.now() + 10s);
}

// A clock that is set back revives nothing that was collected, and breaks nothing.
TEST_P(CacheTest, clock_may_be_set) {
  Cache cache = open();
  const WallTime start = clock_.now();
  cache.put("k", 1, {.ttl = 10s});

  clock_.set(start - 1h);
  EXPECT_EQ(cache.get<int>("k"), 1);
  cache.put("before", 1, {.ttl = 10s});
  clock_.set(start + 1h);
  EXPECT_EQ(cache.get<int>("k"), std::nullopt);
  EXPECT_EQ(cache.expire(), 2U);
  clock_.set(start);
  EXPECT_EQ(cache.get<int>("k"), std::nullopt);
}

}  // namespace
}  // namespace larder::test
