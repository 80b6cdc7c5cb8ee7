// SPDX-License-Identifier: Apache-2.0

// Settings are validated, kept in the cache, and followed by everyone who uses it.

#include <xxhash.h>

#include "cache_fixture.h"

namespace larder::test {
namespace {

TEST_P(CacheTest, settings_have_defaults) {
  const CacheSettings settings = open().settings();

  EXPECT_EQ(settings.max_entries, no_limit);
  EXPECT_EQ(settings.max_bytes, no_limit);
  EXPECT_EQ(settings.eviction, Eviction::w_tinylfu);
  EXPECT_EQ(settings.expire_after_write, Duration::zero());
  EXPECT_EQ(settings.compress_above_bytes, no_limit);
  EXPECT_EQ(settings.max_age, Duration::zero());
}

// diskcache's FanoutCache reset a stored limit when it was opened without one.
TEST_P(CacheTest, field_that_is_not_set_keeps_what_is_stored) {
  (void)open({.max_entries = 10, .eviction = Eviction::lru});

  (void)open({.max_bytes = 1000});
  (void)open();

  const CacheSettings settings = open().settings();
  EXPECT_EQ(settings.max_entries, 10U);
  EXPECT_EQ(settings.max_bytes, 1000U);
  EXPECT_EQ(settings.eviction, Eviction::lru);
}

TEST_P(CacheTest, bad_settings_are_refused_and_nothing_changes) {
  Cache cache = open({.max_entries = 10});

  expect_kind(ErrorKind::invalid_argument, [&] { (void)open({.max_entries = 0}); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)open({.max_bytes = 0}); });
  expect_kind(ErrorKind::invalid_argument,
              [&] { (void)open({.eviction = static_cast<Eviction>(99)}); });
  expect_kind(ErrorKind::invalid_argument,
              [&] { cache.change_settings({.max_entries = 5, .expire_after_write = -1s}); });

  EXPECT_EQ(cache.settings().max_entries, 10U);
}

TEST_P(CacheTest, opening_without_settings_writes_nothing) {
  (void)open();

  EXPECT_TRUE(entries(*engine_).empty());
}

TEST_P(CacheTest, other_handles_follow_with_their_next_write) {
  Cache one = open();
  Cache two = open();
  for (int i = 0; i < 10; ++i) two.put(i, i);

  one.change_settings({.max_entries = 3, .expire_after_write = 5s});
  two.put("k", 1);

  EXPECT_EQ(two.size(), 3U);
  EXPECT_EQ(two.get_entry<int>("k")->expires_at, clock_.now() + 5s);
}

TEST_P(CacheTest, all_settings_can_be_undone) {
  Cache cache = open(
      {.max_entries = 1, .max_bytes = 500, .expire_after_write = 1s, .compress_above_bytes = 10});

  cache.change_settings({.max_entries = no_limit,
                         .max_bytes = no_limit,
                         .expire_after_write = Duration::zero(),
                         .compress_above_bytes = no_limit});
  cache.put("a", std::string(1000, 'v'));
  cache.put("b", std::string(1000, 'v'));
  clock_.advance(1h);

  EXPECT_EQ(cache.get<std::string>("a"), std::string(1000, 'v'));
  EXPECT_GT(cache.bytes(), 2000U);
}

TEST_P(CacheTest, cache_of_a_later_release_is_refused) {
  Cache cache = open({.max_entries = 10});
  const Bytes at = to_bytes(as_bytes("cache\x04"));
  const Bytes meta = engine_->view([&](ReadTxn& txn) { return to_bytes(txn.get(at).value()); });
  leave_damaged();

  Bytes later(meta.begin(), meta.end() - 8);
  later.at(0) = std::byte{99};
  const std::uint64_t checksum =
      XXH3_64bits_withSeed(later.data(), later.size(), XXH3_64bits(at.data(), at.size()));
  append(later, std::as_bytes(std::span(&checksum, 1)));
  engine_->update([&](WriteTxn& txn) { txn.put(at, later); });

  expect_kind(ErrorKind::not_supported, [&] { (void)open(); });
  expect_kind(ErrorKind::not_supported, [&] { cache.put("k", 1); });
  EXPECT_NE(cache.verify().problems, Strings{});
  EXPECT_EQ(entries(*engine_).size(), 1U) << "nothing was written";
}

TEST_P(CacheTest, damaged_settings_are_an_error_that_reading_survives) {
  Cache cache = open({.max_entries = 10});
  cache.put("k", 1);
  leave_damaged();
  const Bytes at = to_bytes(as_bytes("cache\x04"));
  const Bytes meta = engine_->view([&](ReadTxn& txn) { return to_bytes(txn.get(at).value()); });

  for (std::size_t i = 0; i < meta.size(); ++i) {
    Bytes bad = meta;
    bad.at(i) ^= std::byte{0x10};
    engine_->update([&](WriteTxn& txn) { txn.put(at, bad); });

    expect_kind(ErrorKind::corrupt, [&] { (void)open(); });
    expect_kind(ErrorKind::corrupt, [&] { cache.put("l", 1); });
    expect_kind(ErrorKind::corrupt, [&] { (void)cache.size(); });
    EXPECT_EQ(cache.get<int>("k"), 1);
  }
}

}  // namespace
}  // namespace larder::test
