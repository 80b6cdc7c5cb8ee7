// SPDX-License-Identifier: Apache-2.0
// The power rig itself: it must pass what is good and find what is bad.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lmdb.h>

#include <cstdio>

#include "crash/power_rig.h"
#include "crash/raw_lmdb.h"
#include "support/settings.h"

namespace larder::test {

namespace {

PowerReport cut(const std::string& name, unsigned flags, bool is_ignoring_syncs = false) {
  const PowerReport report = run_power_cuts({.open = raw_lmdb(flags),
                                             .is_ignoring_syncs = is_ignoring_syncs,
                                             .is_prepared = true,
                                             .cuts = 45,
                                             .seed = seed()});
  std::printf("control %s\n", report.line(name).c_str());
  return report;
}

}  // namespace

TEST(PowerRig, passes_lmdb_with_all_its_syncs) {
  const PowerReport report = cut("lmdb", 0);
  EXPECT_EQ(report.violations, 0U) << report.first_violation;
  EXPECT_GT(report.syncs, 100U);
}

TEST(PowerRig, finds_that_lmdb_without_syncs_loses_writes_or_breaks) {
  EXPECT_GT(cut("lmdb without syncs", MDB_NOSYNC).violations, 0U);
}

TEST(PowerRig, finds_that_lmdb_without_the_sync_of_its_last_page_loses_writes) {
  const PowerReport report = cut("lmdb without the last sync", MDB_NOMETASYNC);
  EXPECT_THAT(report.first_violation, testing::HasSubstr("was promised"));
}

TEST(PowerRig, finds_that_the_device_lies) {
  EXPECT_GT(cut("lmdb on a lying device", 0, true).violations, 0U);
}

}  // namespace larder::test
