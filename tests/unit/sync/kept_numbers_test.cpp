// SPDX-License-Identifier: Apache-2.0

// Averages and counters that processes share, and functions that only one process runs at a time.

#include <atomic>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "larder/sync/averager.h"
#include "larder/sync/counter.h"
#include "larder/sync/lock.h"
#include "larder/sync/wrap.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "sync_fixture.h"

namespace larder::test {
namespace {

class KeptNumbers : public SyncSuite {};
LARDER_SYNC_SUITE(KeptNumbers);

using NumbersOfProcesses = KeptNumbers;
INSTANTIATE_TEST_SUITE_P(Engines, NumbersOfProcesses, testing::Values(lmdb_engine()), engine_name);

TEST_P(KeptNumbers, average_is_of_all_that_was_added) {
  Averager average(engine(), "name");
  EXPECT_EQ(average.get(), std::nullopt);
  EXPECT_EQ(average.pop(), std::nullopt);
  for (const double value : {1.0, 2.0, 6.0}) Averager(engine(), "name").add(value);
  EXPECT_EQ(average.get(), 3.0);
  EXPECT_EQ(average.count(), 3U);
  EXPECT_EQ(Averager(engine(), "other").get(), std::nullopt);
  EXPECT_EQ(average.pop(), 3.0);
  EXPECT_EQ(average.count(), 0U);
}

TEST_P(KeptNumbers, average_takes_only_numbers) {
  Averager average(engine(), "name");
  average.add(1);
  for (const double value :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    expect_kind(ErrorKind::invalid_argument, [&] { average.add(value); });
  }
  EXPECT_EQ(average.get(), 1.0);
}

// It said infinity for ever.
TEST_P(KeptNumbers, average_refuses_what_its_sum_cannot_hold_and_goes_on) {
  Averager average(engine(), "name");
  average.add(1e308);
  expect_kind(ErrorKind::invalid_argument, [&] { average.add(1e308); });
  EXPECT_EQ(average.get(), 1e308);
  average.add(-1e308);
  EXPECT_EQ(average.get(), 0.0);
  EXPECT_EQ(average.count(), 2U);
}

TEST_P(KeptNumbers, counter_counts_both_ways) {
  Counter counter(engine(), "name");
  EXPECT_EQ(counter.get(), 0);
  EXPECT_EQ(counter.add(), 1);
  EXPECT_EQ(counter.add(-3), -2);
  EXPECT_EQ(Counter(engine(), "other").get(), 0);
  EXPECT_EQ(counter.pop(), -2);
  EXPECT_EQ(counter.get(), 0);
}

TEST_P(KeptNumbers, counter_does_not_overflow) {
  Counter counter(engine(), "name");
  EXPECT_EQ(counter.add(std::numeric_limits<std::int64_t>::max()),
            std::numeric_limits<std::int64_t>::max());
  expect_kind(ErrorKind::invalid_argument, [&] { counter.add(); });
  EXPECT_EQ(counter.get(), std::numeric_limits<std::int64_t>::max());
}

TEST_P(KeptNumbers, no_addition_is_lost) {
  Counter counter(engine(), "name");
  Averager average(engine(), "name");
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) {
        counter.add();
        average.add(i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.get(), 1000);
  EXPECT_EQ(average.count(), 1000U);
  EXPECT_EQ(average.get(), 124.5);
}

TEST_P(KeptNumbers, change_together_with_other_things_or_not_at_all) {
  Counter counter(engine(), "name");
  Averager average(engine(), "name");
  EXPECT_THROW(engine()->update([&](WriteTxn&) {
    counter.add();
    average.add(1);
    throw std::runtime_error("undo");
  }),
               std::runtime_error);
  EXPECT_EQ(counter.get(), 0);
  EXPECT_EQ(average.get(), std::nullopt);
}

TEST_P(NumbersOfProcesses, stay_when_the_engine_is_closed) {
  const ChildEnd end = run_in_child([&] {
    Counter(engine(), "name").add(5);
    Averager(engine(), "name").add(2);
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  reopen();
  EXPECT_EQ(Counter(engine(), "name").get(), 5);
  EXPECT_EQ(Averager(engine(), "name").get(), 2.0);
}

TEST_P(KeptNumbers, that_are_damaged_are_an_error) {
  Counter(engine(), "name").add(5);
  const Entries all = entries(*engine());
  ASSERT_EQ(all.size(), 1U);
  std::string damaged = all[0].second;
  damaged.back() ^= 1;
  put(*engine(), all[0].first, damaged);
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(Counter(engine(), "name").get()); });
  expect_kind(ErrorKind::corrupt, [&] { Counter(engine(), "name").add(); });
  EXPECT_EQ(get(*engine(), all[0].first), damaged);
}

TEST_P(KeptNumbers, exclusive_function_runs_once_at_a_time) {
  int inside = 0;  // not atomic: the lock must order the accesses
  const auto body = [&inside](std::unique_ptr<int> step) {
    inside += *step;
    return inside;
  };
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      auto guarded = exclusive(body, Lock(engine(), "name"));
      for (int i = 0; i < 500; ++i) EXPECT_GT(guarded(std::make_unique<int>(1)), 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inside, 2000);
}

TEST_P(KeptNumbers, exclusive_function_that_throws_lets_the_next_one_run) {
  Lock lock(engine(), "name");
  auto guarded = exclusive([] { throw std::runtime_error("no"); }, lock);
  EXPECT_THROW(guarded(), std::runtime_error);
  EXPECT_FALSE(lock.is_held());
}

}  // namespace
}  // namespace larder::test
