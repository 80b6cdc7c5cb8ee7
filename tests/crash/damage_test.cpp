// SPDX-License-Identifier: Apache-2.0
// Damaged files are an error or a loss, never a crash or a hang. An engine does not checksum its
// values: that they are right is what the cache adds.
#include "crash/damage.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "support/settings.h"

namespace larder::test {

namespace {

void damage(const std::string& name, bool is_unclean) {
  const DamageReport report = run_damage({.open = open_lmdb_subject,
                                          .is_unclean = is_unclean,
                                          .flips = rounds(150, 5000),
                                          .truncations = rounds(50, 500),
                                          .zeroed = rounds(50, 500),
                                          .swapped = rounds(30, 500),
                                          .stale = rounds(30, 500),
                                          .seed = seed()});
  std::printf("%s\n", report.line(name).c_str());
  EXPECT_EQ(report.crashed, 0U) << report.first_bad;
  EXPECT_EQ(report.hung, 0U) << report.first_bad;
}

}  // namespace

TEST(LmdbDamage, closed_engine) { damage("lmdb, closed", false); }
TEST(LmdbDamage, engine_whose_writer_was_killed) { damage("lmdb, killed and rebooted", true); }

}  // namespace larder::test
