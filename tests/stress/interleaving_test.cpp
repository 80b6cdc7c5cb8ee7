// SPDX-License-Identifier: Apache-2.0
// One actor is stopped at each of its steps in turn, and another one does something whole
// meanwhile.
#include "stress/interleaving.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "support/settings.h"

namespace larder::test {

namespace {

constexpr Step firsts[] = {Step::open, Step::recover, Step::close, Step::put,       Step::fill,
                           Step::grow, Step::sync,    Step::fork,  Step::background};
constexpr Step seconds[] = {Step::open, Step::close, Step::put,  Step::fill,
                            Step::grow, Step::read,  Step::sync, Step::fork};

struct Tally {
  std::uint64_t run = 0;
  std::uint64_t waited = 0;
};

/// Stops `first` everywhere. `stride`: of the stops, one in how many is tried.
void stop_everywhere(Step first, Step second, Place place, std::uint64_t stride, Tally& tally) {
  for (std::uint64_t stop = 1 + (tally.run % stride); !testing::Test::HasFailure();
       stop += stride) {
    const Interleaving interleaving{first, stop, second, place};
    const InterleavingEnd end = run_interleaving(interleaving);
    if (end.is_beyond && end.wrong.empty()) return;
    ++tally.run;
    if (end.has_waited) ++tally.waited;
    EXPECT_EQ(end.wrong, "") << interleaving << ", " << end.stopped_at;
  }
}

void interleave(Place place, const char* name) {
  Tally tally;
  for (const Step first : firsts) {
    for (const Step second : seconds) {
      stop_everywhere(first, second, place, rounds(7, 1), tally);
    }
  }
  std::printf("interleavings of two %s: %llu run, in %llu one waited for the other\n", name,
              static_cast<unsigned long long>(tally.run),
              static_cast<unsigned long long>(tally.waited));
  EXPECT_GT(tally.run, rounds(100, 1000));
}

}  // namespace

TEST(Interleaving, of_two_processes) { interleave(Place::two_processes, "processes"); }

TEST(Interleaving, of_two_threads) { interleave(Place::two_threads, "threads"); }

TEST(Interleaving, rig_finds_a_lost_update) {
  const InterleavingEnd end =
      run_interleaving({Step::careless, 1, Step::careless, Place::two_processes});
  EXPECT_EQ(end.stopped_at, "stopped careless");
  EXPECT_NE(end.wrong, "");
}

}  // namespace larder::test
