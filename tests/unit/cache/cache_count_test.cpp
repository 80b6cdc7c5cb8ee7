// SPDX-License-Identifier: Apache-2.0

// Counters: incr and decr.

#include <limits>

#include "cache_fixture.h"

namespace larder::test {
namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

TEST_P(CacheTest, incr_starts_at_the_initial_value) {
  Cache cache = open();

  EXPECT_EQ(cache.incr("n"), 1);
  EXPECT_EQ(cache.incr("n", 5), 6);
  EXPECT_EQ(cache.incr("m", 5, 100), 105);
  EXPECT_EQ(cache.get<int>("n"), 6);
}

TEST_P(CacheTest, decr_may_go_below_zero) {
  Cache cache = open();

  EXPECT_EQ(cache.decr("n"), -1);
  EXPECT_EQ(cache.decr("n", 10), -11);
}

TEST_P(CacheTest, incr_goes_on_from_a_stored_integer_of_any_width) {
  Cache cache = open();
  cache.put("n", std::uint8_t{250});

  EXPECT_EQ(cache.incr("n", 10), 260);

  EXPECT_EQ(cache.get<std::uint8_t>("n"), std::nullopt);
  EXPECT_EQ(cache.get<int>("n"), 260);
}

TEST_P(CacheTest, incr_of_a_fraction) {
  Cache cache = open();

  EXPECT_EQ(cache.incr("x", 0.5), 0.5);
  EXPECT_EQ(cache.incr("x", 0.25, 9.0), 0.75);
  EXPECT_EQ(cache.get<double>("x"), 0.75);
}

TEST_P(CacheTest, incr_keeps_expiry_and_tags) {
  Cache cache = open();
  cache.put("n", 1, {.ttl = 10s, .tags = {"t"}});
  const WallTime expiry = clock_.now() + 10s;
  clock_.advance(5s);

  cache.incr("n");

  const auto entry = cache.get_entry<int>("n").value();
  EXPECT_EQ(entry.expires_at, expiry);
  EXPECT_EQ(entry.tags, Strings{"t"});
  EXPECT_EQ(entry.stored_at, clock_.now());
}

TEST_P(CacheTest, incr_starts_anew_when_the_value_has_expired) {
  Cache cache = open();
  cache.put("n", 10, {.ttl = 10s, .tags = {"t"}});
  clock_.advance(10s);

  EXPECT_EQ(cache.incr("n"), 1);

  EXPECT_EQ(cache.get_entry<int>("n")->expires_at, std::nullopt);
  EXPECT_EQ(cache.erase_tag("t"), 0U);
}

TEST_P(CacheTest, new_counter_gets_the_default_lifetime) {
  Cache cache = open({.expire_after_write = 10s});

  cache.incr("n");

  EXPECT_EQ(cache.get_entry<int>("n")->expires_at, clock_.now() + 10s);
}

TEST_P(CacheTest, incr_refuses_what_is_no_number_and_changes_nothing) {
  Cache cache = open();
  cache.put("text", std::string("1"));
  cache.put("fraction", 1.5);
  cache.put("integer", 1);
  cache.put("flag", true);

  expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("text"); });
  expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("fraction"); });
  expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("flag"); });
  expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("integer", 0.5); });

  EXPECT_EQ(cache.get<std::string>("text"), "1");
  EXPECT_EQ(cache.get<double>("fraction"), 1.5);
  EXPECT_EQ(cache.get<int>("integer"), 1);
  EXPECT_EQ(cache.stats().puts, 4U);
}

TEST_P(CacheTest, incr_refuses_to_overflow_and_changes_nothing) {
  Cache cache = open();
  cache.put("high", highest);
  cache.put("low", lowest);
  cache.put("beyond", std::numeric_limits<std::uint64_t>::max());

  expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("high"); });
  expect_kind(ErrorKind::invalid_argument, [&] { cache.decr("low"); });
  expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("beyond"); });
  expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("new", 1, highest); });
  expect_kind(ErrorKind::invalid_argument,
              [&] { cache.incr("new", std::numeric_limits<std::uint64_t>::max()); });

  EXPECT_EQ(cache.get<std::int64_t>("high"), highest);
  EXPECT_EQ(cache.get<std::int64_t>("low"), lowest);
  EXPECT_FALSE(cache.contains("new"));
}

TEST_P(CacheTest, counters_reach_both_ends) {
  Cache cache = open();

  EXPECT_EQ(cache.incr("high", highest), highest);
  EXPECT_EQ(cache.incr("low", lowest), lowest);
  EXPECT_EQ(cache.decr("far", lowest, -1), highest);
}

}  // namespace
}  // namespace larder::test
