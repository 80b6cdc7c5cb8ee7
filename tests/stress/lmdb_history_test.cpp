// SPDX-License-Identifier: Apache-2.0
// What threads and processes see of one engine can be put in one order.
#include <gtest/gtest.h>

#include "stress/recorder.h"
#include "support/settings.h"

namespace larder::test {

namespace {

EngineUnderTest lmdb() { return {.name = "lmdb", .open = open_lmdb_with}; }

}  // namespace

TEST(LmdbHistory, threads_see_one_order) {
  expect_right_histories("lmdb 8 threads", {.engine = lmdb(), .threads = 8, .seed = seed()},
                         rounds(70, 3400));
}

TEST(LmdbHistory, processes_see_one_order) {
  expect_right_histories("lmdb 4 processes",
                         {.engine = lmdb(), .processes = 4, .threads = 2, .seed = seed()},
                         rounds(70, 3300));
}

TEST(LmdbHistory, processes_see_one_order_though_one_is_killed) {
  expect_right_histories(
      "lmdb 4 processes, one killed",
      {.engine = lmdb(), .processes = 4, .threads = 1, .is_killing = true, .seed = seed()},
      rounds(60, 3300));
}

}  // namespace larder::test
