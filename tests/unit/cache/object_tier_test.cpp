// SPDX-License-Identifier: Apache-2.0

// Decoded values in memory: the same objects while nothing changes, never an old one.

#include "larder/cache/object_tier.h"

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "cache_fixture.h"
#include "larder/core/random.h"
#include "support/channel.h"
#include "support/child.h"

namespace larder::test {
namespace {

using Text = ObjectTier<std::string>;

std::string text_of(const Text::Object& object) { return object ? *object : "(none)"; }

TEST_P(CacheTest, tier_gives_the_same_object_while_nothing_changes) {
  Text tier(open());
  tier.cache().put("k", "v");

  const Text::Object first = tier.get("k");
  const Text::Object second = tier.get("k");

  ASSERT_NE(first, nullptr);
  EXPECT_EQ(*first, "v");
  EXPECT_EQ(first, second);
  EXPECT_EQ(tier.stats().hits, 1U);
  EXPECT_EQ(tier.stats().objects, 1U);
  EXPECT_EQ(tier.cache().stats().hits, 2U);
  EXPECT_EQ(tier.get("missing"), nullptr);
}

TEST_P(CacheTest, tier_sees_every_kind_of_change_at_once) {
  Text tier(open());
  Cache cache = open();
  const auto change = [&](const char* what, const std::string& expected, auto how) {
    cache.put("k", "v", {.tags = {"t"}});
    EXPECT_EQ(text_of(tier.get("k")), "v") << what;
    EXPECT_EQ(text_of(tier.get("k")), "v") << what;
    how();
    EXPECT_EQ(text_of(tier.get("k")), expected) << what;
  };
  change("put", "new", [&] { cache.put("k", "new"); });
  change("erase", "(none)", [&] { cache.erase("k"); });
  change("pop", "(none)", [&] { (void)cache.pop<std::string>("k"); });
  change("clear", "(none)", [&] { cache.clear(); });
  change("tag", "(none)", [&] { cache.erase_tag("t"); });
  change("transaction", "two", [&] {
    cache.transact([&] {
      cache.put("k", "one");
      cache.put("k", "two");
    });
  });
  change("another type", "(none)", [&] { cache.put("k", 5); });
  change("expiry", "(none)", [&] {
    cache.touch("k", 10s);
    EXPECT_EQ(text_of(tier.get("k")), "v");
    clock_.advance(10s);
  });
  change("large value", std::string(2 << 20, 'x'),
         [&] { cache.put("k", std::string(2 << 20, 'x')); });
  change("nothing", "v", [] {});
}

TEST_P(CacheTest, tier_sees_that_its_sub_cache_is_dropped) {
  Cache cache = open();
  Text tier(cache.sub("part"));
  tier.cache().put("k", "v");
  EXPECT_EQ(text_of(tier.get("k")), "v");
  EXPECT_EQ(text_of(tier.get("k")), "v");

  EXPECT_TRUE(cache.drop_sub("part"));
  EXPECT_EQ(tier.get("k"), nullptr);
}

TEST_P(CacheTest, tier_does_not_keep_what_a_transaction_undoes) {
  Text tier(open());
  tier.cache().put("k", "old");
  EXPECT_EQ(text_of(tier.get("k")), "old");

  EXPECT_THROW(tier.cache().transact([&] {
    tier.cache().put("k", "never");
    EXPECT_EQ(text_of(tier.get("k")), "never");
    throw std::runtime_error("undone");
  }),
               std::runtime_error);

  EXPECT_EQ(text_of(tier.get("k")), "old");
}

TEST_P(CacheTest, object_outlives_its_entry) {
  Text tier(open());
  tier.cache().put("k", "v");
  const Text::Object held = tier.get("k");
  tier.cache().clear();
  tier.clear();
  EXPECT_EQ(*held, "v");
  EXPECT_EQ(tier.stats().objects, 0U);
}

TEST_P(CacheTest, tier_keeps_no_more_than_it_may) {
  for (const std::size_t most : {1U, 5U, 100U}) {
    ObjectTier<int> tier(open(), {.max_objects = most});
    for (int i = 0; i < 500; ++i) tier.cache().put(i, i);
    for (int i = 0; i < 500; ++i) {
      ASSERT_EQ(*tier.get(i), i);
      ASSERT_LE(tier.stats().objects, most);
    }
  }
  expect_kind(ErrorKind::invalid_argument, [&] { ObjectTier<int>(open(), {.max_objects = 0}); });
}

TEST_P(CacheTest, tier_keeps_what_is_used) {
  ObjectTier<int> tier(open(), {.max_objects = 160});
  for (int i = 0; i < 2000; ++i) tier.cache().put(i, i);
  for (int i = 0; i < 2000; ++i) {
    (void)tier.get(i);
    (void)tier.get(0);
  }
  const std::uint64_t before = tier.stats().hits;
  (void)tier.get(0);
  EXPECT_EQ(tier.stats().hits, before + 1);
}

TEST_P(CacheTest, entry_with_an_idle_lifetime_is_extended_by_each_use) {
  Text tier(open());
  tier.cache().put("k", "v", {.idle_ttl = 10s});
  for (int i = 0; i < 5; ++i) {
    clock_.advance(8s);
    EXPECT_EQ(text_of(tier.get("k")), "v") << i;
  }
  EXPECT_EQ(tier.stats().objects, 0U);
}

TEST_P(CacheTest, tier_loads_what_is_not_there) {
  Text tier(open());
  int loads = 0;
  const auto load = [&] { return "loaded " + std::to_string(++loads); };

  EXPECT_EQ(text_of(tier.get_or_load("k", load)), "loaded 1");
  EXPECT_EQ(text_of(tier.get_or_load("k", load)), "loaded 1");
  EXPECT_EQ(text_of(tier.get_or_load("k", load)), "loaded 1");
  EXPECT_EQ(tier.stats().hits, 1U);
  tier.cache().erase("k");
  EXPECT_EQ(text_of(tier.get_or_load("k", load)), "loaded 2");
  EXPECT_EQ(*tier.get_or_load("unstored", [] { return Loaded<std::string>{"x", false}; }), "x");
  EXPECT_EQ(tier.get("unstored"), nullptr);
  EXPECT_EQ(tier.get_or_load("absent", [] { return std::optional<std::string>(); }), nullptr);
  EXPECT_THROW(
      (void)tier.get_or_load("bad", []() -> std::string { throw std::runtime_error("x"); }),
      std::runtime_error);
}

TEST_P(CacheTest, hits_of_the_tier_protect_from_eviction) {
  Cache cache = open({.max_entries = 20, .eviction = Eviction::lru});
  ObjectTier<int> tier(cache);
  cache.put("hot", 1);
  (void)tier.get("hot");
  for (int i = 0; i < 200; ++i) {
    ASSERT_NE(tier.get("hot"), nullptr) << i;
    cache.put(i, i);
  }
}

TEST_P(CacheTest, damaged_entry_is_not_kept) {
  Text tier(open());
  tier.cache().put("k", "v");
  EXPECT_EQ(text_of(tier.get("k")), "v");
  flip("k");
  leave_damaged();
  EXPECT_EQ(tier.get("k"), nullptr);
}

TEST_P(CacheTest, random_changes_never_leave_an_old_object) {
  Random random(7);
  Text tier(open(), {.max_objects = 40});
  Cache cache = open();
  std::map<std::uint64_t, std::string> expected;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t key = random.below(60);
    const auto found = expected.find(key);
    switch (random.below(10)) {
      case 0:
        cache.put(key, expected[key] = std::to_string(step));
        break;
      case 1:
        cache.erase(key);
        expected.erase(key);
        break;
      default:
        ASSERT_EQ(text_of(tier.get(key)), found == expected.end() ? "(none)" : found->second);
    }
  }
  EXPECT_GT(tier.stats().hits, 1'000U);
}

TEST_P(CacheTest, threads_miss_no_commit_and_tear_nothing) {
  Cache cache = open();
  Text tier(cache);
  cache.put("k", "0");
  std::atomic<int> acknowledged = 0;
  std::atomic<int> missed = 0;
  std::vector<std::thread> readers;
  readers.reserve(3);
  constexpr int writes = 2'000;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      for (int least = 0; least < writes;) {
        least = acknowledged;
        if (std::stoi(*tier.get("k")) < least) ++missed;
      }
    });
  }
  for (int i = 1; i <= writes; ++i) {
    cache.put("k", std::to_string(i));
    acknowledged = i;
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(missed, 0);
}

TEST(ObjectTierOfShards, sees_changes_and_keeps_objects) {
  const TempDir folder(memory_folder());
  const CacheOptions options{.path = folder / "cache", .shards = 4};
  Cache cache = Cache::open(options);
  ObjectTier<int> tier(Cache::open(options));
  for (int i = 0; i < 50; ++i) cache.put(i, i);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*tier.get(i), i);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*tier.get(i), i);
  EXPECT_EQ(tier.stats().hits, 50U);

  for (int i = 0; i < 50; i += 2) cache.put(i, -i);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*tier.get(i), i % 2 == 0 ? -i : i);
  cache.clear();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(tier.get(i), nullptr);
}

TEST_P(PersistentCacheTest, committed_write_of_another_process_is_never_missed) {
  Cache cache = open();
  cache.put("k", "0");
  Text tier(cache);
  ChannelPair line;
  Child writer([&] {
    line.parent.close();
    for (;;) {
      const std::string wanted = line.child.receive().value_or("end");
      if (wanted == "end") return 0;
      cache.put("k", wanted);
      line.child.send("done");
    }
  });
  line.child.close();
  for (int i = 1; i <= 2'000; ++i) {
    line.parent.send(std::to_string(i));
    while (i % 7 == 0 && text_of(tier.get("k")) != std::to_string(i)) {
    }
    ASSERT_EQ(line.parent.receive(), "done");
    ASSERT_EQ(text_of(tier.get("k")), std::to_string(i));
    ASSERT_EQ(text_of(tier.get("k")), std::to_string(i));
  }
  line.parent.send("end");
  EXPECT_TRUE(writer.wait().is_good());
  EXPECT_GT(tier.stats().hits, 1'000U);
}

TEST_P(PersistentCacheTest, child_of_a_fork_has_a_tier_of_its_own) {
  Cache cache = open();
  cache.put("k", "parent");
  Text tier(cache);
  EXPECT_EQ(text_of(tier.get("k")), "parent");
  const ChildEnd end = run_in_child([&] {
    if (text_of(tier.get("k")) != "parent" || tier.stats().hits != 0) return 1;
    cache.put("k", "child");
    return text_of(tier.get("k")) == "child" ? 0 : 2;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(text_of(tier.get("k")), "child");
}

}  // namespace
}  // namespace larder::test
