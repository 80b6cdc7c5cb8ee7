// SPDX-License-Identifier: Apache-2.0
// What each durability level keeps when the power goes off.
#include <gtest/gtest.h>

#include <cstdio>

#include "crash/power_rig.h"
#include "support/settings.h"

namespace larder::test {

namespace {

PowerReport cut(const std::string& name, Durability durability) {
  const PowerReport report = run_power_cuts(
      {.open = open_lmdb_subject,
       .settings = {.durability = durability, .sync_interval = std::chrono::milliseconds{100}},
       .promise = durability,
       .cuts = rounds(300, 10000),
       .long_rounds = durability == Durability::consistent ? rounds(6, 100) : 0,
       .seed = seed()});
  std::printf("%s\n", report.line(name).c_str());
  EXPECT_EQ(report.violations, 0U) << report.first_violation;
  EXPECT_GE(report.cuts, rounds(300, 10000));
  return report;
}

}  // namespace

TEST(LmdbPower, durable_loses_nothing) {
  EXPECT_EQ(cut("lmdb durable", Durability::durable).lossy_cuts, 0U);
}

TEST(LmdbPower, consistent_loses_at_most_the_last_second) {
  cut("lmdb consistent", Durability::consistent);
}

TEST(LmdbPower, disposable_is_never_wrong) { cut("lmdb disposable", Durability::disposable); }

}  // namespace larder::test
