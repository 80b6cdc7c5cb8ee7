// SPDX-License-Identifier: Apache-2.0

// Several operations as one change; statistics.

#include <stdexcept>
#include <thread>

#include "cache_fixture.h"

namespace larder::test {
namespace {

struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

TEST_P(CacheTest, transaction_returns_what_its_body_returns) {
  Cache cache = open();

  const std::int64_t sum = cache.transact([&] {
    cache.put("a", 1);
    return cache.incr("a", 2);
  });

  EXPECT_EQ(sum, 3);
  EXPECT_EQ(cache.get<int>("a"), 3);
}

TEST_P(CacheTest, transaction_sees_its_own_changes) {
  Cache cache = open();
  cache.put("old", 1);

  cache.transact([&] {
    cache.put("new", 1);
    cache.erase("old");
    EXPECT_EQ(cache.get<int>("new"), 1);
    EXPECT_FALSE(cache.contains("old"));
    EXPECT_EQ(cache.size(), 1U);
    EXPECT_EQ(keys(cache), Strings{"new"});
  });
}

TEST_P(CacheTest, nothing_happened_if_a_transaction_throws) {
  Cache cache = open({.max_entries = 10});
  cache.put("kept", std::string("v"), {.ttl = 1h, .tags = {"t"}});
  cache.put("expired", 1, {.ttl = 1s});
  clock_.advance(1s);

  EXPECT_THROW(cache.transact([&] {
    cache.pop<std::string>("kept");
    cache.put("new", 1, {.ttl = 1h, .tags = {"t"}});
    cache.incr("n");
    cache.expire();
    cache.erase_tag("t");
    cache.clear();
    cache.change_settings({.max_entries = 5});
    for (int i = 0; i < 50; ++i) cache.put(i, i);
    throw Cancelled();
  }),
               Cancelled);

  EXPECT_EQ(keys(cache), (Strings{"kept", "expired"}));
  EXPECT_EQ(cache.get<std::string>("kept"), "v");
  EXPECT_EQ(cache.settings().max_entries, 10U);
}

TEST_P(CacheTest, transactions_nest) {
  Cache cache = open();

  EXPECT_THROW(cache.transact([&] {
    cache.put("outer", 1);
    cache.transact([&] { cache.put("inner", 1); });
    throw Cancelled();
  }),
               Cancelled);
  EXPECT_TRUE(cache.empty());

  cache.transact([&] {
    cache.put("outer", 1);
    cache.transact([&] { cache.put("inner", 1); });
  });
  EXPECT_EQ(keys(cache), (Strings{"outer", "inner"}));
}

// A refusal changes nothing, so a transaction may catch it and go on.
TEST_P(CacheTest, transaction_survives_a_refused_operation) {
  Cache cache = open({.max_bytes = 1000});
  cache.put("text", std::string("v"));

  cache.transact([&] {
    cache.put("a", 1);
    expect_kind(ErrorKind::full, [&] { cache.put("large", std::string(2000, 'v')); });
    expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("text"); });
    expect_kind(ErrorKind::invalid_argument, [&] { cache.change_settings({.max_entries = 0}); });
    EXPECT_THROW((void)cache.at<int>("none"), std::out_of_range);
    cache.put("b", 1);
  });

  EXPECT_EQ(keys(cache), (Strings{"text", "a", "b"}));
}

TEST_P(CacheTest, two_caches_change_together) {
  Cache one(engine_, {}, hooks(), as_bytes("one"));
  Cache two(engine_, {}, hooks(), as_bytes("two"));

  EXPECT_THROW(one.transact([&] {
    one.put("k", 1);
    two.put("k", 2);
    throw Cancelled();
  }),
               Cancelled);

  EXPECT_TRUE(one.empty());
  EXPECT_TRUE(two.empty());
}

TEST_P(CacheTest, others_do_not_see_a_transaction_before_its_end) {
  Cache cache = open();

  cache.transact([&] {
    cache.put("k", 1);
    std::thread([&] { EXPECT_FALSE(cache.contains("k")); }).join();
  });

  EXPECT_TRUE(cache.contains("k"));
}

TEST_P(CacheTest, statistics_count_what_happened) {
  Cache cache = open();
  cache.put("a", 1);
  cache.put("b", 1, {.ttl = 1s});
  cache.add("a", 2);
  cache.add("c", 3);
  (void)cache.get<int>("a");
  (void)cache.get<int>("none");
  (void)cache.get<std::string>("a");
  (void)cache.contains("a");
  (void)cache.pop<int>("c");
  (void)cache.erase("none");
  clock_.advance(1s);
  (void)cache.get<int>("b");
  cache.expire();
  cache.incr("n");

  const CacheStats stats = cache.stats();
  EXPECT_EQ(stats.hits, 2U);
  EXPECT_EQ(stats.misses, 3U);
  EXPECT_EQ(stats.puts, 4U);
  EXPECT_EQ(stats.erased, 1U);
  EXPECT_EQ(stats.expired, 1U);
  EXPECT_EQ(stats.evicted, 0U);
  EXPECT_EQ(stats.schema_misses, 1U);
  EXPECT_EQ(stats.corrupt_misses, 0U);
  EXPECT_DOUBLE_EQ(stats.hit_rate(), 0.4);
}

TEST_P(CacheTest, statistics_are_shared_and_can_be_reset) {
  Cache cache = open();
  for (int i = 0; i < 4; ++i) {
    std::thread([&] {
      for (int k = 0; k < 100; ++k) (void)cache.get<int>("none");
    }).join();
  }

  EXPECT_EQ(open().stats().misses, 400U);
  cache.reset_stats();
  EXPECT_EQ(open().stats().misses, 0U);
  EXPECT_EQ(cache.stats().hit_rate(), 0.0);
}

}  // namespace
}  // namespace larder::test
