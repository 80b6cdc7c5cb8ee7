// SPDX-License-Identifier: Apache-2.0
// The damage rig itself: plain LMDB, which checks nothing, must come out badly.
#include <gtest/gtest.h>

#include <cstdio>

#include "crash/damage.h"
#include "crash/raw_lmdb.h"
#include "support/settings.h"

namespace larder::test {

TEST(DamageRig, finds_wrong_values_and_crashes_of_plain_lmdb) {
  const DamageReport report = run_damage(
      {.open = raw_lmdb(0), .flips = 100, .truncations = 20, .zeroed = 20, .seed = seed()});
  std::printf("control %s\n", report.line("plain lmdb").c_str());
  EXPECT_EQ(report.cases, 140U);
  EXPECT_GT(report.wrong, 0U);
  EXPECT_GT(report.crashed, 0U);
  EXPECT_NE(report.first_bad, "");
}

TEST(DamageRig, without_damage_nothing_is_wrong) {
  const DamageReport report = run_damage({.open = raw_lmdb(0), .seed = seed()});
  EXPECT_EQ(report.cases, 0U);
}

}  // namespace larder::test
