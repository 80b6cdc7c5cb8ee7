// SPDX-License-Identifier: Apache-2.0

// Stored bytes that are not what was stored: never returned, reported, and in nobody's way.

#include "cache_fixture.h"
#include "policies.h"

namespace larder::test {
namespace {

TEST_P(CacheTest, no_flipped_bit_is_ever_returned) {
  Cache cache = open();
  cache.put("k", std::string("value"), {.ttl = 1h, .tags = {"tag"}});
  const Bytes at = record_of("k");
  const Bytes good = engine_->view([&](ReadTxn& txn) { return to_bytes(txn.get(at).value()); });

  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    engine_->update([&](WriteTxn& txn) { txn.put(at, bad); });
    ASSERT_EQ(cache.get<std::string>("k"), std::nullopt) << "bit " << bit;
    ASSERT_FALSE(cache.contains("k"));
    ASSERT_EQ(cache.verify().problems.size(), 1U);
  }

  EXPECT_EQ(cache.stats().corrupt_misses, good.size() * 8);
  EXPECT_EQ(log_.size(), good.size() * 8);
  engine_->update([&](WriteTxn& txn) { txn.put(at, good); });
  EXPECT_EQ(cache.get<std::string>("k"), "value");
}

TEST_P(CacheTest, record_cut_at_any_length_is_a_miss) {
  Cache cache = open();
  cache.put("k", std::string("value"), {.tags = {"tag"}});
  const Bytes at = record_of("k");
  const Bytes good = engine_->view([&](ReadTxn& txn) { return to_bytes(txn.get(at).value()); });

  for (std::size_t size = 0; size < good.size(); ++size) {
    engine_->update([&](WriteTxn& txn) { txn.put(at, BytesView(good).first(size)); });
    ASSERT_EQ(cache.get<std::string>("k"), std::nullopt) << size << " bytes";
  }
  cache.put("k", 1);
}

TEST_P(CacheTest, record_of_another_key_is_not_believed) {
  Cache cache = open();
  cache.put("a", 1);
  cache.put("b", 2);
  engine_->update(
      [&](WriteTxn& txn) { txn.put(record_of("b"), to_bytes(txn.get(record_of("a")).value())); });

  EXPECT_EQ(cache.get<int>("b"), std::nullopt);

  EXPECT_EQ(cache.stats().corrupt_misses, 1U);
  cache.erase("b");
}

TEST_P(CacheTest, index_key_of_a_wrong_length_holds_no_policy_up) {
  constexpr unsigned limit = 20;
  for (const Eviction eviction : evicting_policies) {
    if (eviction == Eviction::custom) continue;
    Cache cache = open({.max_entries = limit, .eviction = eviction});
    for (unsigned i = 0; i < limit; ++i) cache.put(i, i);
    // Between the entries by its first bytes; its last ones name an earlier entry.
    const std::vector<Bytes> order = engine_->view([](ReadTxn& txn) {
      std::vector<Bytes> found;
      txn.scan(KeyRange::prefix(as_bytes("cache\x03")), Direction::forward,
               [&](BytesView at, BytesView) {
                 found.push_back(to_bytes(at));
                 return Visit::more;
               });
      return found;
    });
    ASSERT_EQ(order.size(), limit);
    Bytes wrong = order.at(limit - 2);
    append(wrong, BytesView(order.at(limit / 2)).last(8));
    engine_->update([&](WriteTxn& txn) { txn.put(wrong, Key(0).bytes()); });

    for (unsigned i = limit; i < 2 * limit; ++i) cache.put(i, i);

    EXPECT_EQ(cache.size(), limit) << to_string(eviction);
    cache.clear();
    engine_->update([&](WriteTxn& txn) { txn.erase(wrong); });
  }
}

TEST_P(CacheTest, message_about_damage_names_the_key) {
  Cache cache = open();
  cache.put("precious", 1);
  flip("precious");
  leave_damaged();

  (void)cache.get<int>("precious");

  ASSERT_EQ(log_.size(), 1U);
  EXPECT_NE(log_[0].find("precious"), std::string::npos);
  const VerifyReport report = cache.verify();
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_NE(report.problems[0].find("precious"), std::string::npos);
}

TEST_P(CacheTest, verify_changes_nothing) {
  Cache cache = open();
  cache.put("k", 1);
  flip("k");
  leave_damaged();
  const Entries before = entries(*engine_);

  (void)cache.verify();

  EXPECT_EQ(entries(*engine_), before);
}

TEST_P(CacheTest, put_over_a_damaged_record_works) {
  Cache cache = open();
  cache.put("other", 1, {.ttl = 1h, .tags = {"t"}});
  cache.put("k", std::string("value"), {.ttl = 1h, .tags = {"t", "u"}});
  flip("k");

  cache.put("k", std::string("new"), {.tags = {"u"}});

  EXPECT_EQ(cache.get<std::string>("k"), "new");
  EXPECT_EQ(cache.erase_tag("t"), 1U);
  EXPECT_EQ(cache.erase_tag("u"), 1U);
}

TEST_P(CacheTest, erase_of_a_damaged_record_works) {
  Cache cache = open();
  cache.put("k", std::string("value"), {.ttl = 1h, .tags = {"t"}});
  flip("k");

  EXPECT_FALSE(cache.erase("k")) << "there was no live value";

  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_P(CacheTest, damaged_record_counts_as_absent) {
  Cache cache = open();
  const auto damage = [&](const Key& key) {
    cache.put(key, 7, {.ttl = 1h, .tags = {"t"}});
    flip(key);
    return key;
  };

  EXPECT_TRUE(cache.add(damage("add"), 1));
  EXPECT_EQ(cache.incr(damage("incr")), 1);
  EXPECT_FALSE(cache.touch(damage("touch")));
  EXPECT_EQ(cache.pop<int>(damage("pop")), std::nullopt);
  EXPECT_EQ(cache.stats().corrupt_misses, 1U);
  EXPECT_EQ(cache.stats().misses, 1U);
}

TEST_P(CacheTest, damaged_records_do_not_stop_maintenance) {
  Cache cache = open();
  for (int i = 0; i < 20; ++i) cache.put(i, i, {.ttl = 1s, .tags = {"t"}});
  for (int i = 0; i < 5; ++i) flip(i);
  clock_.advance(1s);
  EXPECT_EQ(cache.expire(), 20U);

  for (int i = 0; i < 20; ++i) cache.put(i, i, {.tags = {"t"}});
  for (int i = 0; i < 5; ++i) flip(i);
  EXPECT_EQ(cache.erase_tag("t"), 20U);

  for (int i = 0; i < 20; ++i) cache.put(i, i);
  for (int i = 0; i < 5; ++i) flip(i);
  cache.change_settings({.max_entries = 10});
  EXPECT_EQ(cache.size(), 10U);

  flip(15);
  EXPECT_EQ(cache.clear(), 10U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_P(CacheTest, lru_survives_damaged_records) {
  Cache cache = open({.max_entries = 10, .eviction = Eviction::lru});
  for (int i = 0; i < 10; ++i) cache.put(i, i);
  for (int i = 0; i < 5; ++i) flip(i);

  for (int i = 10; i < 30; ++i) cache.put(i, i);

  EXPECT_EQ(cache.size(), 10U);
}

TEST_P(CacheTest, verify_notices_each_kind_of_inconsistency) {
  Cache cache = open();
  cache.put("k", 1, {.ttl = 1h, .tags = {"t"}});
  leave_damaged();
  const auto good = engine_->view([&](ReadTxn& txn) {
    std::vector<std::pair<Bytes, Bytes>> all;
    txn.scan({}, Direction::forward, [&](BytesView key, BytesView value) {
      all.emplace_back(to_bytes(key), to_bytes(value));
      return Visit::more;
    });
    return all;
  });
  ASSERT_EQ(good.size(), 5U) << "record, three indexes, counters";

  for (const auto& [key, value] : good) {
    engine_->update([&](WriteTxn& txn) { txn.erase(key); });
    EXPECT_FALSE(cache.verify().problems.empty());
    engine_->update([&](WriteTxn& txn) { txn.put(key, value); });
    EXPECT_TRUE(cache.verify().problems.empty());
  }
  const Key other("z");
  for (const auto& [key, value] : good) {
    Bytes wrong = to_bytes(other.bytes());
    engine_->update([&](WriteTxn& txn) { txn.put(key, wrong); });
    EXPECT_FALSE(cache.verify().problems.empty());
    engine_->update([&](WriteTxn& txn) { txn.put(key, value); });
  }
}

TEST_P(CacheTest, dangling_index_entries_are_cleared_away) {
  Cache cache = open({.max_entries = 3, .eviction = Eviction::fifo});
  for (const char* key : {"a", "b", "c"}) cache.put(key, 1, {.ttl = 1h, .tags = {"t"}});
  engine_->update([&](WriteTxn& txn) { txn.erase(record_of("a")); });

  cache.put("d", 1);
  cache.put("e", 1);

  EXPECT_LE(cache.size(), 3U);
  EXPECT_TRUE(cache.contains("e"));
}

TEST_P(CacheTest, verify_reports_progress_up_to_the_end) {
  Cache cache = open();
  engine_->update([&](WriteTxn&) {
    for (int i = 0; i < 3000; ++i) cache.put(i, i);
  });
  std::vector<std::uint64_t> done;

  const VerifyReport report = cache.verify([&](std::uint64_t entries, std::uint64_t total) {
    EXPECT_EQ(total, 3000U);
    done.push_back(entries);
  });

  EXPECT_EQ(report.entries, 3000U);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  ASSERT_GE(done.size(), 2U);
  EXPECT_EQ(done.back(), 3000U);
}

}  // namespace
}  // namespace larder::test
