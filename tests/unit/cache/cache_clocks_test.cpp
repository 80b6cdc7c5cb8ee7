// SPDX-License-Identifier: Apache-2.0

// The main operations at the edges of calendars: nothing depends on what year it is.

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/cache/queue.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

class ClocksTest : public testing::TestWithParam<WallTime> {
 protected:
  [[nodiscard]] Cache open(std::uint32_t shards = 1) {
    return Cache::open({.path = folder_ / std::to_string(shards),
                        .settings = {.file_above_bytes = 1000},
                        .shards = shards},
                       {.clock = &clock_});
  }

  TempDir folder_{memory_folder()};
  ManualClock clock_{GetParam()};
};

TEST_P(ClocksTest, entries_live_as_long_as_they_should) {
  for (const std::uint32_t shards : {1U, 2U}) {
    Cache cache = open(shards);
    cache.put("stays", std::string(2000, 's'));
    cache.put("ten", 10, {.ttl = 10s, .tags = {"t"}});
    cache.put("idle", 8, {.idle_ttl = 8s});
    cache.put("for ever", 1, {.ttl = Duration::max()});
    cache.put("over", 1, {.ttl = -1s});
    cache.put("until", 1, {.expires_at = clock_.now() + 5s});
    EXPECT_FALSE(cache.contains("over"));
    EXPECT_EQ(cache.info("ten")->stored_at, clock_.now());
    EXPECT_EQ(cache.info("ten")->expires_at, clock_.now() + 10s);
    clock_.advance(5s);
    EXPECT_FALSE(cache.contains("until"));
    EXPECT_EQ(cache.get<int>("idle"), 8);
    clock_.advance(4s);
    EXPECT_EQ(cache.get<int>("ten"), 10);
    EXPECT_EQ(cache.get<int>("ten", {.max_age = 9s}), std::nullopt);
    EXPECT_EQ(cache.get<int>("idle"), 8) << "its use was noted";
    clock_.advance(1s);
    EXPECT_FALSE(cache.contains("ten"));
    EXPECT_GE(cache.expire(), 2U) << "unless a write has done so in passing";
    EXPECT_EQ(cache.size(), 3U);
    EXPECT_EQ(cache.get<int>("for ever"), 1);
    EXPECT_EQ(cache.get<std::string>("stays"), std::string(2000, 's'));
  }
}

TEST_P(ClocksTest, values_are_loaded_and_kept_beyond_their_time) {
  Cache cache = open();
  const LoadOptions options{.put = {.ttl = 10s, .stale_for = 10s}};
  EXPECT_EQ(cache.get_or_load("k", [] { return 1; }, options), 1);
  clock_.advance(15s);
  EXPECT_EQ(cache.get<int>("k"), std::nullopt);
  EXPECT_EQ(
      cache.get_or_load("k", []() -> int { throw std::runtime_error("no luck"); }, options), 1);
  EXPECT_EQ(cache.get_or_load("k", [] { return 2; }, options), 2);
}

TEST_P(ClocksTest, all_else_goes_on) {
  {
    Cache cache = open();
    cache.put_many(std::map<std::string, int>{{"a", 1}, {"b", 2}});
    EXPECT_EQ(cache.incr("n"), 1);
    Queue(cache, "q").push("item", Side::back, {.ttl = 10s});
    EXPECT_TRUE(cache.touch("a", 10s));
    cache.change_settings({.max_entries = 4, .eviction = Eviction::w_tinylfu});
    for (int i = 0; i < 20; ++i) cache.put(i, i);
    EXPECT_LE(cache.size(), 4U);
    cache.sub("s").put("k", 1);
    clock_.advance(5s);
  }
  Cache cache = open();
  EXPECT_EQ(Queue(cache, "q").pull<std::string>()->value, "item");
  EXPECT_EQ(cache.sub("s").get<int>("k"), 1);
  EXPECT_EQ(cache.verify().problems, std::vector<std::string>{});
  EXPECT_EQ(cache.repair().problems, std::vector<std::string>{});
  EXPECT_GT(cache.clear(), 0U);
  EXPECT_TRUE(cache.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Years, ClocksTest,
    testing::Values(sys_days{std::chrono::January / 1 / 1970},
                    sys_days{std::chrono::January / 19 / 2038} + 3h + 14min + 3s,
                    sys_days{std::chrono::February / 7 / 2106} + 6h + 28min + 11s,
                    sys_days{std::chrono::December / 31 / 9999} + 23h + 59min + 55s),
    [](const auto& test) {
      const auto day = std::chrono::floor<std::chrono::days>(test.param);
      const std::chrono::year_month_day date{day};
      return "in_" + std::to_string(static_cast<int>(date.year()));
    });

}  // namespace
}  // namespace larder::test
