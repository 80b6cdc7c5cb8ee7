// SPDX-License-Identifier: Apache-2.0

// A compaction of a cache: what lives stays, with all that belongs to it.

#include "larder/cache/compact.h"

#include <string>

#include "cache_fixture.h"

namespace larder::test {
namespace {

/// Closed in between: what is gone again was in the database, and not only in the log.
void fill(const CacheOptions& options) {
  {
    Cache cache = Cache::open(options);
    for (int i = 0; i < 6'000; ++i) cache.put(i, std::string(2'000, 'g'));
  }
  Cache cache = Cache::open(options);
  for (int i = 0; i < 6'000; ++i) cache.erase(i);
  cache.put("tagged", 1, {.tags = {"t"}});
  cache.put("long", std::string(2 << 20, 'l'));
  cache.sub("part").put("k", 2);
}

void expect_all(const CacheOptions& options) {
  Cache cache = Cache::open(options);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.get<std::string>("long"), std::string(2 << 20, 'l'));
  EXPECT_EQ(cache.sub("part").get<int>("k"), 2);
  EXPECT_EQ(cache.verify().problems, Strings{});
  EXPECT_EQ(cache.erase_tag("t"), 1U);
}

TEST(CompactCache, keeps_values_files_tags_and_caches_within) {
  const TempDir folder(memory_folder());
  for (const std::uint32_t shards : {1U, 3U}) {
    const CacheOptions options{.path = folder / ("cache" + std::to_string(shards)),
                               .shards = shards,
                               .compact_on_close = {}};
    fill(options);
    {
      const Cache cache = Cache::open(options);
      expect_kind(ErrorKind::unavailable, [&] { compact_cache(options); });
    }
    const CompactReport report = compact_cache(options);
    EXPECT_LT(report.bytes_after, report.bytes_before / 2);
    expect_all(options);
  }
}

TEST(CompactCache, gives_back_what_was_cleared_or_has_expired) {
  const TempDir folder(memory_folder());
  const CacheOptions options{.path = folder / "cache", .compact_on_close = {}};
  ManualClock clock;
  {
    Cache cache = Cache::open(options, {.clock = &clock});
    for (int i = 0; i < 1'000; ++i) cache.put(i, std::string(2'000, 'g'));
    cache.clear();
    for (int i = 0; i < 1'000; ++i) cache.put(i, std::string(2'000, 'e'), {.ttl = 1s});
    clock.advance(2s);
  }
  EXPECT_LT(compact_cache(options, {.clock = &clock}).bytes_after, 1'600'000U);
  EXPECT_TRUE(Cache::open(options).empty());
}

}  // namespace
}  // namespace larder::test
