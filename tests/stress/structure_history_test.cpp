// SPDX-License-Identifier: Apache-2.0

// What threads and processes see of one deque, index, lock or semaphore can be put in one order,
// whether one of the processes is killed or not.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "stress/recorder.h"
#include "stress/structure_models.h"
#include "stress/structure_subjects.h"
#include "support/settings.h"

namespace larder::test {
namespace {

struct Named {
  std::string name;
  HistorySubject subject;
};

class StructureHistory : public testing::TestWithParam<Named> {
 protected:
  /// One part of the whole: four subjects in four settings make 200 and 10,000.
  static void check(const std::string& how, HistoryPlan plan) {
    plan.subject = GetParam().subject;
    // The search takes long where many operations overlap for long.
    plan.operations = 72;
    plan.seed = seed();
    expect_right_histories(GetParam().name + ", " + how, plan, rounds(13, 630));
  }
};

INSTANTIATE_TEST_SUITE_P(Subjects, StructureHistory,
                         testing::Values(Named{"deque", deque()}, Named{"index", index()},
                                         Named{"lock", lock()}, Named{"semaphore", semaphore()}),
                         [](const auto& test) { return test.param.name; });

TEST_P(StructureHistory, threads_see_one_order_in_memory) {
  check("4 threads in memory", {.engine = memory_engine(), .threads = 4});
}

TEST_P(StructureHistory, threads_see_one_order) {
  check("6 threads", {.engine = lmdb_engine(), .threads = 6});
}

TEST_P(StructureHistory, processes_see_one_order) {
  check("4 processes", {.engine = lmdb_engine(), .processes = 4, .threads = 2});
}

TEST_P(StructureHistory, processes_see_one_order_though_one_is_killed) {
  check("4 processes, one killed",
        {.engine = lmdb_engine(), .processes = 4, .threads = 1, .is_killing = true});
}

TEST(StructureHistories, careless_deque_is_found_out) {
  const HistoryReport report = check_histories(
      {.engine = memory_engine(), .subject = careless_deque(), .threads = 4, .seed = seed()}, 10);
  EXPECT_GT(report.wrong, 5U);
}

Event event(std::uint64_t invoked, std::uint64_t returned, int process, Action action,
            std::int64_t argument, std::int64_t result) {
  return {.process = process,
          .action = action,
          .argument = argument,
          .result = result,
          .invoked = invoked,
          .returned = returned};
}
Event push(std::uint64_t invoked, std::uint64_t returned, std::int64_t value) {
  return event(invoked, returned, 0, Action::push_back, value, 0);
}
Event pop(std::uint64_t invoked, std::uint64_t returned, std::int64_t value) {
  return event(invoked, returned, 0, Action::pop_front, 0, value);
}
Event put(std::uint64_t invoked, std::int64_t value, std::int64_t is_new) {
  return event(invoked, invoked + 1, 0, Action::put, value, is_new);
}
Event take(std::uint64_t invoked, std::uint64_t returned, int process, std::int64_t token) {
  return event(invoked, returned, process, Action::acquire, 0, token);
}
Event attempt(std::uint64_t invoked, std::uint64_t returned, int process) {
  return event(invoked, returned, process, Action::try_acquire, 0, Event::absent);
}
Event release(std::uint64_t invoked, std::uint64_t returned, int process) {
  return event(invoked, returned, process, Action::release, 0, 0);
}
Event unknown(Event event) {
  event.outcome = Outcome::unknown;
  return event;
}

TEST(StructureHistories, wrong_ones_of_deques_are_rejected) {
  EXPECT_TRUE(is_right_deque({push(1, 2, 1), push(3, 4, 2), pop(5, 6, 1), pop(7, 8, 2)}));
  EXPECT_TRUE(is_right_deque({push(1, 9, 1), push(2, 8, 2), pop(3, 10, 2), pop(11, 12, 1)}));
  EXPECT_TRUE(is_right_deque({push(1, 2, 1), unknown(pop(3, 0, 0)), pop(5, 6, -1)}));
  const std::vector<History> wrong = {
      {push(1, 2, 1), push(3, 4, 2), pop(5, 6, 2)},                         // out of order
      {push(1, 2, 1), pop(3, 8, 1), pop(4, 7, 1)},                          // twice
      {push(1, 2, 1), pop(3, 4, -1)},                                       // lost
      {pop(1, 2, 5)},                                                       // from nowhere
      {push(1, 2, 1), unknown(pop(3, 0, 0)), pop(5, 6, -1), pop(7, 8, 1)},  // came back
      {push(1, 2, 1), event(3, 4, 0, Action::size, 0, 0)},
  };
  for (const History& history : wrong) EXPECT_FALSE(is_right_deque(history)) << history.back();
}

TEST(StructureHistories, wrong_ones_of_indexes_are_rejected) {
  const auto first = [](std::uint64_t invoked, std::int64_t value) {
    return event(invoked, invoked + 1, 0, Action::pop_first, 0, value);
  };
  const auto of = [](int key, Event changed) {
    changed.key = key;
    return changed;
  };
  EXPECT_TRUE(is_right_index({put(1, 5, 1), of(1, put(3, 6, 1)), put(5, 7, 0), first(7, 7)}));
  EXPECT_FALSE(is_right_index({put(1, 5, 1), of(1, put(3, 6, 1)), put(5, 7, 0), first(7, 6)}));
  EXPECT_FALSE(is_right_index({put(1, 5, 1), put(3, 6, 1)}));
  EXPECT_FALSE(is_right_index({put(1, 5, 1), event(3, 4, 0, Action::set_default, 6, 6)}));
  EXPECT_FALSE(is_right_index({put(1, 5, 1), event(3, 4, 0, Action::pop, 0, 5), first(5, 5)}));
}

TEST(StructureHistories, wrong_ones_of_locks_are_rejected) {
  EXPECT_TRUE(is_right_permits({take(1, 2, 0, 1), release(3, 4, 0), take(5, 6, 1, 2)}, 1));
  EXPECT_TRUE(is_right_permits({take(1, 2, 0, 1), take(3, 4, 1, 2), attempt(5, 6, 0)}, 2));
  EXPECT_FALSE(is_right_permits({take(1, 2, 0, 1), attempt(3, 4, 1)}, 2));
  EXPECT_TRUE(is_right_permits({take(1, 2, 0, 1), unknown(release(3, 0, 0)), take(4, 5, 1, 2)}, 1));
  const std::vector<History> wrong = {
      {take(1, 2, 0, 1), take(3, 4, 1, 2)},                             // two owners
      {take(1, 2, 0, 2), release(3, 4, 0), take(5, 6, 1, 1)},           // tokens go back
      {take(1, 2, 0, 2), release(3, 4, 0), take(5, 6, 1, 2)},           // token twice
      {take(1, 2, 0, 1), release(3, 4, 0), attempt(5, 6, 1)},           // refused though free
      {take(1, 2, 0, 1), take(4, 5, 1, 2), unknown(release(6, 0, 0))},  // before the owner died
  };
  for (const History& history : wrong) EXPECT_FALSE(is_right_permits(history, 1));
}

}  // namespace
}  // namespace larder::test
