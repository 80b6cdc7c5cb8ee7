// SPDX-License-Identifier: Apache-2.0
// What each durability level keeps when the power goes off: on a real file system, block by block.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lmdb.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "crash/block_disk.h"
#include "crash/block_rig.h"
#include "crash/cache_subject.h"
#include "crash/raw_lmdb.h"
#include "larder/cache/options.h"
#include "support/settings.h"

namespace larder::test {

namespace {

/// Leaves half of the promised second to a busy machine, whose slowness is not what is tested.
constexpr std::chrono::milliseconds sync_interval{500};

BlockReport cut(const std::string& name, BlockPlan plan) {
  plan.seed = seed();
  BlockReport report = run_block_cuts(plan);
  std::printf("%s\n", report.line(name).c_str());
  return report;
}

void expect_kept(const std::string& name, OpenSubject open, Durability durability,
                 std::uint64_t cuts) {
  const BlockReport report =
      cut(name, {.open = std::move(open),
                 .settings = {.durability = durability, .sync_interval = sync_interval},
                 .promise = durability,
                 .cuts = cuts,
                 .cuts_in_run = rounds(25, 100)});
  EXPECT_EQ(report.violations, 0U) << report.first_violation;
  EXPECT_EQ(report.cuts, cuts);
  if (durability == Durability::durable) {
    EXPECT_EQ(report.lossy_cuts, 0U);
  }
}

}  // namespace

class Block : public testing::Test {
 protected:
  void SetUp() override {
    const std::string why_not = why_no_block_disk();
    if (!why_not.empty()) GTEST_SKIP() << why_not;
  }
};

TEST_F(Block, rig_passes_lmdb_with_all_its_syncs) {
  const BlockReport report =
      cut("raw lmdb", {.open = raw_lmdb(0), .is_prepared = true, .cuts = 50});
  EXPECT_EQ(report.violations, 0U) << report.first_violation;
  EXPECT_GT(report.flushes, 100U);
}

TEST_F(Block, rig_finds_that_lmdb_without_syncs_loses_writes_or_breaks) {
  const BlockReport report =
      cut("raw lmdb without syncs",
          {.open = raw_lmdb(MDB_NOSYNC | MDB_WRITEMAP), .is_prepared = true, .cuts = 200});
  EXPECT_GT(report.violations, 0U);
}

TEST_F(Block, rig_finds_that_lmdb_without_the_sync_of_its_last_page_loses_writes) {
  const BlockReport report =
      cut("raw lmdb without the last sync",
          {.open = raw_lmdb(MDB_NOMETASYNC), .is_prepared = true, .cuts = 200});
  EXPECT_THAT(report.first_violation, testing::HasSubstr("was promised"));
}

TEST_F(Block, rig_finds_that_syncs_come_too_late) {
  const BlockReport report =
      cut("lmdb with rare syncs", {.open = open_lmdb_subject,
                                   .settings = {.sync_interval = std::chrono::seconds{3}},
                                   .promise = Durability::consistent,
                                   .cuts = 1000,
                                   .is_always_pausing = true,
                                   .cuts_in_run = 25});
  EXPECT_THAT(report.first_violation, testing::HasSubstr("was promised"));
}

TEST_F(Block, durable_engine_loses_nothing) {
  expect_kept("lmdb durable", open_lmdb_subject, Durability::durable, rounds(100, 10000));
}

TEST_F(Block, consistent_engine_loses_at_most_the_last_second) {
  expect_kept("lmdb consistent", open_lmdb_subject, Durability::consistent, rounds(100, 10000));
}

TEST_F(Block, disposable_engine_is_never_wrong) {
  expect_kept("lmdb disposable", open_lmdb_subject, Durability::disposable, rounds(50, 2000));
}

TEST_F(Block, durable_cache_loses_nothing) {
  expect_kept("cache durable", cache_subject(no_limit), Durability::durable, rounds(50, 2000));
}

TEST_F(Block, durable_cache_with_values_in_files_loses_nothing) {
  expect_kept("cache with files durable", cache_subject(5000), Durability::durable,
              rounds(50, 2000));
}

TEST_F(Block, rig_finds_value_files_that_come_too_late_or_go_too_early) {
  const BlockReport report =
      cut("cache with careless files",
          {.open = careless_cache_subject(5000),
           .settings = {.durability = Durability::consistent, .sync_interval = sync_interval},
           .promise = Durability::consistent,
           .is_prepared = true,
           .cuts = 200});
  EXPECT_GT(report.violations, 0U);
}

TEST_F(Block, consistent_cache_with_values_in_files_loses_at_most_the_last_second) {
  expect_kept("cache with files consistent", cache_subject(5000), Durability::consistent,
              rounds(50, 2000));
}

TEST_F(Block, consistent_cache_loses_at_most_the_last_second) {
  expect_kept("cache consistent", cache_subject(no_limit), Durability::consistent,
              rounds(50, 2000));
}

}  // namespace larder::test
