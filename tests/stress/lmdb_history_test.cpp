// SPDX-License-Identifier: Apache-2.0
// What threads and processes see of one engine can be put in one order.
#include <gtest/gtest.h>

#include <cstdio>

#include "stress/recorder.h"
#include "support/settings.h"

namespace larder::test {

namespace {

void check(const std::string& name, const HistoryPlan& plan, std::uint64_t count) {
  const HistoryReport report = check_histories(plan, count);
  std::printf(
      "histories: lmdb %s: %llu histories, %llu operations (%llu with unknown outcome), %llu "
      "wrong\n",
      name.c_str(), static_cast<unsigned long long>(report.histories),
      static_cast<unsigned long long>(report.operations),
      static_cast<unsigned long long>(report.unknown),
      static_cast<unsigned long long>(report.wrong));
  EXPECT_EQ(report.wrong, 0U) << report.first_wrong;
}

EngineUnderTest lmdb() { return {.name = "lmdb", .open = open_lmdb_with}; }

}  // namespace

TEST(LmdbHistory, threads_see_one_order) {
  check("8 threads", {.engine = lmdb(), .threads = 8, .seed = seed()}, rounds(70, 3400));
}

TEST(LmdbHistory, processes_see_one_order) {
  check("4 processes", {.engine = lmdb(), .processes = 4, .threads = 2, .seed = seed()},
        rounds(70, 3300));
}

TEST(LmdbHistory, processes_see_one_order_though_one_is_killed) {
  check("4 processes, one killed",
        {.engine = lmdb(), .processes = 4, .threads = 1, .is_killing = true, .seed = seed()},
        rounds(60, 3300));
}

}  // namespace larder::test
