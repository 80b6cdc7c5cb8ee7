// SPDX-License-Identifier: Apache-2.0
// The kill rig itself: it must pass what is good and find what is bad.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lmdb.h>

#include <cstdio>
#include <string>

#include "crash/bad_subjects.h"
#include "crash/kill_rig.h"
#include "crash/raw_lmdb.h"
#include "support/settings.h"

namespace larder::test {

using testing::AnyOf;
using testing::HasSubstr;

namespace {

KillReport kill(const std::string& name, OpenSubject open) {
  const KillReport report =
      run_kills({.name = name, .open = std::move(open), .random_kills = 60, .seed = seed()});
  std::printf("control %s\n", report.line(name).c_str());
  return report;
}

}  // namespace

TEST(KillRig, passes_plain_lmdb) {
  KillReport report = kill("plain lmdb", raw_lmdb(MDB_NOSYNC));
  // A robust mutex of the system, which is all that plain LMDB has, leaves those asleep who wait if
  // the one that it has just woken is killed: rare, and no matter of the rig.
  const std::string asleep = "do not get on";
  for (int i = 0; i < 2 && report.first_violation.find(asleep) != std::string::npos; ++i) {
    report = kill("plain lmdb", raw_lmdb(MDB_NOSYNC));
  }
  EXPECT_EQ(report.violations, 0U) << report.first_violation;
}

TEST(KillRig, finds_writes_that_were_acknowledged_too_early) {
  const KillReport report = kill("acknowledging early", acknowledging_early(raw_lmdb(MDB_NOSYNC)));
  EXPECT_THAT(report.first_violation, HasSubstr("was acknowledged"));
}

TEST(KillRig, finds_transactions_that_are_not_whole) {
  const KillReport report =
      kill("without transactions", without_transactions(raw_lmdb(MDB_NOSYNC)));
  EXPECT_THAT(report.first_violation,
              AnyOf(HasSubstr("torn batch"), HasSubstr("accounts"), HasSubstr("transfers")));
}

}  // namespace larder::test
