// SPDX-License-Identifier: Apache-2.0
// Every acknowledged write survives kill -9.
#include <gtest/gtest.h>

#include <cstdio>

#include "crash/kill_rig.h"
#include "support/settings.h"

namespace larder::test {

namespace {

void check_kills(const std::string& name, Durability durability) {
  const KillReport report = run_kills({.name = name,
                                       .open = open_lmdb_subject,
                                       .settings = {.durability = durability},
                                       .random_kills = rounds(100, 2000),
                                       .point_kills = rounds(100, 2500),
                                       .seed = seed()});
  std::printf("%s\n", report.line(name).c_str());
  EXPECT_EQ(report.violations, 0U) << report.first_violation;
  EXPECT_GE(report.random_kills + report.point_kills, rounds(167, 3334));
  EXPECT_LT(report.slowest_open_us, 5'000'000U);
}

}  // namespace

TEST(LmdbKill, durable_loses_nothing) { check_kills("lmdb durable", Durability::durable); }
TEST(LmdbKill, consistent_loses_nothing) { check_kills("lmdb consistent", Durability::consistent); }
TEST(LmdbKill, disposable_loses_nothing) { check_kills("lmdb disposable", Durability::disposable); }

}  // namespace larder::test
