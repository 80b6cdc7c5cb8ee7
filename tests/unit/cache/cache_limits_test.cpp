// SPDX-License-Identifier: Apache-2.0

// Limits and eviction.

#include "cache_fixture.h"
#include "policies.h"

namespace larder::test {
namespace {

TEST_P(CacheTest, nothing_is_evicted_without_a_limit) {
  Cache cache = open();

  for (int i = 0; i < 2000; ++i) cache.put(i, std::string(100, 'v'));

  EXPECT_EQ(cache.size(), 2000U);
  EXPECT_EQ(cache.stats().evicted, 0U);
}

TEST_P(CacheTest, fifo_evicts_what_came_first) {
  Cache cache = open({.max_entries = 3, .eviction = Eviction::fifo});
  for (const char* key : {"a", "b", "c"}) cache.put(key, 1);
  EXPECT_EQ(cache.get<int>("a"), 1);
  cache.put("a", 2);

  cache.put("d", 1);

  EXPECT_EQ(keys(cache), (Strings{"b", "c", "d"})) << "neither use nor overwriting moves an entry";
  EXPECT_EQ(cache.stats().evicted, 1U);
}

TEST_P(CacheTest, lru_evicts_what_was_used_longest_ago) {
  Cache cache = open({.max_entries = 4, .eviction = Eviction::lru});
  for (const char* key : {"a", "b", "c", "d"}) cache.put(key, 1);
  EXPECT_EQ(cache.get<int>("a"), 1);
  cache.put("b", 2);
  EXPECT_TRUE(cache.get_entry<int>("c"));

  cache.put("e", 1);
  EXPECT_EQ(keys(cache), (Strings{"a", "b", "c", "e"}));
  cache.put("f", 1);
  EXPECT_EQ(keys(cache), (Strings{"b", "c", "e", "f"}));
}

TEST_P(CacheTest, looking_whether_a_key_is_there_is_no_use) {
  Cache cache = open({.max_entries = 2, .eviction = Eviction::lru});
  cache.put("a", 1);
  cache.put("b", 1);
  EXPECT_TRUE(cache.contains("a"));

  cache.put("c", 1);

  EXPECT_EQ(keys(cache), (Strings{"b", "c"}));
}

TEST_P(CacheTest, lru_keeps_the_hot_part_of_a_large_cache) {
  constexpr int limit = 4000;
  Cache cache = open({.max_entries = limit, .eviction = Eviction::lru});
  engine_->update([&](WriteTxn&) {
    for (int i = 0; i < limit; ++i) cache.put(i, i);
  });
  for (int i = 0; i < limit; i += 4) EXPECT_EQ(cache.get<int>(i), i);

  engine_->update([&](WriteTxn&) {
    for (int i = limit; i < limit + 2000; ++i) cache.put(i, i);
  });

  EXPECT_LE(cache.size(), 4000U);
  int hot = 0;
  for (int i = 0; i < limit; i += 4) hot += cache.contains(i) ? 1 : 0;
  EXPECT_GE(hot, 970) << "of 1000 that were used";
}

TEST_P(CacheTest, without_eviction_a_full_cache_refuses) {
  Cache cache = open({.max_entries = 2, .eviction = Eviction::none});
  cache.put("a", 1);
  cache.put("b", 1);

  expect_kind(ErrorKind::full, [&] { cache.put("c", 1); });
  expect_kind(ErrorKind::full, [&] { cache.add("c", 1); });
  expect_kind(ErrorKind::full, [&] { cache.incr("c"); });
  cache.put("a", 2);

  EXPECT_EQ(keys(cache), (Strings{"a", "b"}));
  EXPECT_EQ(cache.get<int>("a"), 2);
  cache.erase("b");
  cache.put("c", 1);
}

TEST_P(CacheTest, without_eviction_expired_entries_still_make_room) {
  Cache cache = open({.max_entries = 100, .eviction = Eviction::none});
  for (int i = 0; i < 100; ++i) cache.put(i, 1, {.ttl = 1s});
  clock_.advance(1s);

  for (int i = 100; i < 200; ++i) cache.put(i, 1);

  EXPECT_EQ(cache.size(), 100U);
}

TEST_P(CacheTest, bytes_stay_within_the_limit_after_every_put) {
  for (const Eviction policy : evicting_policies) {
    SCOPED_TRACE(to_string(policy));
    Cache cache = open({.max_bytes = 10'000, .eviction = policy});
    for (int i = 0; i < 300; ++i) {
      cache.put(i, std::string(static_cast<std::size_t>(i * 37 % 3000), 'v'));
      ASSERT_LE(cache.bytes(), 10'000U);
      ASSERT_TRUE(cache.contains(i)) << "the entry just stored is never the victim";
    }
    EXPECT_GT(cache.bytes(), 4'000U);
  }
}

TEST_P(CacheTest, entries_stay_within_the_limit_after_every_put) {
  for (const Eviction policy : evicting_policies) {
    SCOPED_TRACE(to_string(policy));
    Cache cache = open({.max_entries = 50, .eviction = policy});
    for (int i = 0; i < 300; ++i) {
      cache.put(i, i);
      ASSERT_LE(cache.size(), 50U);
      ASSERT_TRUE(cache.contains(i));
    }
    EXPECT_GE(cache.size(), 48U);
  }
}

TEST_P(CacheTest, growing_overwrite_makes_room_among_the_others) {
  for (const Eviction policy : evicting_policies) {
    SCOPED_TRACE(to_string(policy));
    Cache cache = open({.max_bytes = 4'000, .eviction = policy});
    cache.clear();
    cache.put("first", std::string(1000, 'v'));
    cache.put("second", std::string(1000, 'v'));
    cache.put("third", std::string(1000, 'v'));

    cache.put("first", std::string(3000, 'v'));

    EXPECT_EQ(cache.get<std::string>("first"), std::string(3000, 'v'));
    EXPECT_LE(cache.bytes(), 4'000U);
  }
}

// diskcache stored such an entry, dropped it within the same call, and reported success.
TEST_P(CacheTest, entry_larger_than_the_cache_is_refused_and_nothing_changes) {
  Cache cache = open({.max_bytes = 1000});
  cache.put("a", std::string(400, 'v'));
  cache.put("b", std::string(400, 'v'));

  expect_kind(ErrorKind::full, [&] { cache.put("c", std::string(1001, 'v')); });
  expect_kind(ErrorKind::full, [&] { cache.put("a", std::string(1001, 'v')); });

  EXPECT_EQ(keys(cache), (Strings{"a", "b"}));
  EXPECT_EQ(cache.get<std::string>("a"), std::string(400, 'v'));
  EXPECT_EQ(cache.stats().evicted, 0U);
  EXPECT_EQ(cache.stats().puts, 2U);
}

TEST_P(CacheTest, expired_entries_go_before_live_ones) {
  Cache cache = open({.max_entries = 60, .eviction = Eviction::fifo});
  for (int i = 0; i < 20; ++i) cache.put(i, 1);
  for (int i = 20; i < 60; ++i) cache.put(i, 1, {.ttl = 1s});
  clock_.advance(1s);

  for (int i = 60; i < 100; ++i) cache.put(i, 1);

  for (int i = 0; i < 20; ++i) EXPECT_TRUE(cache.contains(i));
  EXPECT_EQ(cache.stats().evicted, 0U);
  EXPECT_EQ(cache.stats().expired, 40U);
}

TEST_P(CacheTest, lowering_a_limit_takes_effect_at_once) {
  Cache cache = open({.eviction = Eviction::fifo});
  for (int i = 0; i < 500; ++i) cache.put(i, i);

  cache.change_settings({.max_entries = 100});

  EXPECT_EQ(cache.size(), 100U);
  EXPECT_TRUE(cache.contains(499));
  EXPECT_FALSE(cache.contains(399));
}

TEST_P(CacheTest, evict_brings_a_cache_back_within_its_limits) {
  Cache cache = open({.eviction = Eviction::none});
  for (int i = 0; i < 300; ++i) cache.put(i, i);
  cache.change_settings({.max_entries = 100});
  EXPECT_EQ(cache.size(), 300U) << "nothing may be evicted";

  cache.change_settings({.eviction = Eviction::fifo});

  EXPECT_EQ(cache.size(), 100U);
  EXPECT_EQ(cache.evict(), 0U);
}

// diskcache's cull returned 0 under the policy none, whatever it had expired.
TEST_P(CacheTest, evict_counts_what_it_expired_under_any_policy) {
  for (const Eviction policy : {Eviction::none, Eviction::fifo, Eviction::lru}) {
    Cache cache = open({.eviction = policy});
    for (int i = 0; i < 5; ++i) cache.put(i, i, {.ttl = 1s});
    clock_.advance(1s);

    EXPECT_EQ(cache.evict(), 5U);
  }
}

TEST_P(CacheTest, limit_of_one_entry_works) {
  for (const Eviction policy : evicting_policies) {
    SCOPED_TRACE(to_string(policy));
    Cache cache = open({.max_entries = 1, .eviction = policy});
    for (int i = 0; i < 10; ++i) {
      cache.put(i, i);
      EXPECT_EQ(cache.size(), 1U);
      EXPECT_EQ(cache.get<int>(i), i);
    }
  }
}

TEST_P(CacheTest, touch_works_in_a_cache_above_its_limit) {
  Cache cache = open({.eviction = Eviction::none});
  cache.put("a", 1);
  cache.put("b", 1);
  cache.change_settings({.max_entries = 1});

  EXPECT_TRUE(cache.touch("a", 1h));
  EXPECT_EQ(cache.incr("b"), 2);
}

TEST_P(CacheTest, no_entry_outlives_the_largest_age) {
  Cache cache = open({.max_age = 1h});
  cache.put("unset", 1);
  cache.put("longer", 1, {.ttl = 5h});
  cache.put("shorter", 1, {.ttl = 10min});
  cache.put("touched", 1, {.ttl = 10min});
  cache.touch("touched", 9h);
  cache.incr("counted");

  clock_.advance(10min);
  EXPECT_FALSE(cache.contains("shorter"));
  cache.incr("counted");  // keeps the expiry it has
  clock_.advance(50min);

  for (const char* key : {"unset", "longer", "touched", "counted"}) {
    EXPECT_FALSE(cache.contains(key)) << key;
  }
}

TEST_P(CacheTest, lowering_the_largest_age_takes_effect_at_once) {
  Cache cache = open();
  for (int i = 0; i < 600; ++i) cache.put(i, i, {.tags = {"t"}});
  cache.put("short", 1, {.ttl = 90min});
  clock_.advance(1h);
  cache.put("young", 1);

  cache.change_settings({.max_age = 2h});
  EXPECT_EQ(cache.size(), 602U);
  EXPECT_EQ(cache.info(5)->expires_at, clock_.now() + 1h);
  EXPECT_EQ(cache.info("short")->expires_at, clock_.now() + 30min);
  EXPECT_TRUE(open().verify().problems.empty());

  cache.change_settings({.max_age = 30min});
  EXPECT_EQ(keys(cache), Strings{"young"});
  EXPECT_EQ(cache.stats().expired, 601U);

  cache.change_settings({.max_age = Duration::zero()});
  cache.put("kept", 1);
  clock_.advance(1000h);
  EXPECT_EQ(cache.get<int>("kept"), 1);
  expect_kind(ErrorKind::invalid_argument, [&] { cache.change_settings({.max_age = -1s}); });
}

}  // namespace
}  // namespace larder::test
