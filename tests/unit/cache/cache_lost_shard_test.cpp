// SPDX-License-Identifier: Apache-2.0

// A cache in shards some of which are gone, or cannot be looked at.

#include <gmock/gmock.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "cache_fixture.h"
#include "larder/cache/repair.h"
#include "support/faulty_io.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

constexpr int entries_before = 400;

class LostShardTest : public testing::Test {
 protected:
  void SetUp() override {
    Cache cache = Cache::open({.path = options_.path,
                               .settings = {.max_entries = 4003, .max_bytes = 1 << 20U},
                               .shards = 4});
    for (int i = 0; i < entries_before; ++i) cache.put(i, i);
  }

  RepairReport repair(RepairMode mode = RepairMode::fix) { return repair_cache(options_, mode); }

  /// Most entries are there; a shard of them is not.
  void expect_three_shards() {
    Cache cache = Cache::open(options_);
    const std::uint64_t left = cache.size();
    EXPECT_GT(left, 240U);
    EXPECT_LT(left, 360U);
    std::uint64_t found = 0;
    for (int i = 0; i < entries_before; ++i) found += cache.get<int>(i) == i ? 1U : 0U;
    EXPECT_EQ(found, left);
    for (int i = 0; i < entries_before; ++i) cache.put(i, -i);
    EXPECT_EQ(cache.size(), 400U);
    EXPECT_EQ(cache.verify().problems, std::vector<std::string>());
    const CacheSettings settings = cache.settings();
    EXPECT_LE(settings.max_entries.value_or(no_limit), 4003U);
    EXPECT_GE(settings.max_entries.value_or(0), 4000U);
    EXPECT_EQ(settings.max_bytes, 1 << 20U);
  }

  TempDir folder_{memory_folder()};
  CacheOptions options_{.path = folder_ / "c"};
};

TEST_F(LostShardTest, is_not_made_anew_in_silence) {
  for (const char* lost : {"003/data.mdb", "001/data.mdb"}) {
    fs::remove(options_.path / lost);
    for (const OpenMode mode : {OpenMode::open_or_create, OpenMode::open, OpenMode::read_only}) {
      CacheOptions options = options_;
      options.open_mode = mode;
      expect_kind(ErrorKind::corrupt, [&] { (void)Cache::open(options); });
    }
  }
}

TEST_F(LostShardTest, what_is_left_of_a_shard_tells_that_there_was_one) {
  fs::remove(options_.path / "003/data.mdb");
  fs::remove(options_.path / "003/lock.mdb");
  expect_kind(ErrorKind::corrupt, [&] { (void)Cache::open(options_); });
  EXPECT_EQ(repair().lost_shards, 1U);
  EXPECT_GT(Cache::open(options_).size(), 240U);
}

TEST_F(LostShardTest, shard_that_was_never_made_is_not_lost) {
  fs::remove_all(options_.path / "003");
  fs::create_directory(options_.path / "003");
  EXPECT_EQ(repair(RepairMode::dry_run).problems, std::vector<std::string>());
  EXPECT_EQ(repair().lost_shards, 0U);
  EXPECT_GT(Cache::open(options_).size(), 240U);
}

TEST_F(LostShardTest, repair_brings_the_others_back) {
  for (const char* lost : {"001/data.mdb", "000", "003/data.mdb", "003"}) {
    SCOPED_TRACE(lost);
    fs::remove_all(options_.path / lost);
    const RepairReport found = repair(RepairMode::dry_run);
    ASSERT_EQ(found.problems.size(), 1U);
    EXPECT_THAT(found.problems.front(), testing::HasSubstr("everything in it is lost"));
    EXPECT_FALSE(fs::exists(options_.path / "001/data.mdb") &&
                 fs::exists(options_.path / "000/data.mdb") &&
                 fs::exists(options_.path / "003/data.mdb"));
    EXPECT_EQ(repair().lost_shards, 1U);
    expect_three_shards();
    EXPECT_EQ(repair().problems, std::vector<std::string>());
    Cache cache = Cache::open(options_);
    for (int i = 0; i < entries_before; ++i) cache.put(i, i);
  }
}

TEST_F(LostShardTest, repair_needs_no_shard_at_all) {
  for (const char* shard : {"000", "001", "002", "003"}) fs::remove_all(options_.path / shard);
  EXPECT_EQ(repair().lost_shards, 4U);
  EXPECT_EQ(Cache::open(options_).size(), 0U);
}

TEST(ForbiddenCacheTest, is_denied_and_not_missing) {
  const TempDir folder;
  for (const std::uint32_t shards : {1U, 4U}) {
    const fs::path path = folder / std::to_string(shards);
    (void)Cache::open({.path = path, .shards = shards});
    for (const OpenMode mode : {OpenMode::open, OpenMode::read_only}) {
      FaultyIo io;
      io.fail_from("stat", 1, EACCES);
      expect_kind(ErrorKind::denied,
                  [&] { (void)Cache::open({.path = path, .open_mode = mode}, {.io = &io}); });
    }
  }
}

}  // namespace
}  // namespace larder::test
