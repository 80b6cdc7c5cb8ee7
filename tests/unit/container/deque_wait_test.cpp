// SPDX-License-Identifier: Apache-2.0

// Waiting for items and for room, between threads and between processes.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "container_fixture.h"
#include "larder/container/deque.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

class DequeWaitTest : public OnEachEngine {};

INSTANTIATE_TEST_SUITE_P(Engines, DequeWaitTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);

// So many that a wake-up that is missed now and then, and made good after a second, is noticed.
constexpr int hand_overs = 300;
constexpr auto far_too_long = 50s;

TEST_P(DequeWaitTest, waiting_ends_with_the_timeout) {
  Deque<int> deque(engine_, "jobs", {.max_size = 1});
  EXPECT_EQ(deque.pop_front_within(1ms), std::nullopt);
  EXPECT_EQ(deque.pop_back_within(0ms), std::nullopt);
  EXPECT_EQ(deque.pop_back_within(-1h), std::nullopt);
  EXPECT_TRUE(deque.push_back_within(1, 0ms));
  EXPECT_FALSE(deque.push_back_within(2, 1ms));
  EXPECT_FALSE(deque.push_front_within(2, 0ms));
  EXPECT_EQ(deque.pop_front_within(0ms), 1);
}

TEST_P(DequeWaitTest, what_is_there_is_not_waited_for) {
  Deque<int> deque(engine_, "jobs");
  EXPECT_TRUE(deque.push_front_within(1, std::chrono::nanoseconds::max()));
  EXPECT_EQ(deque.pop_back_within(std::chrono::nanoseconds::max()), 1);
}

TEST_P(DequeWaitTest, a_push_wakes_who_waits_for_an_item) {
  Deque<int> jobs(engine_, "jobs");
  Deque<int> done(engine_, "done");
  std::thread consumer([&] {
    for (int i = 0; i < hand_overs; ++i) {
      done.push_back(jobs.pop_front_within(far_too_long).value_or(-1));
    }
  });
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < hand_overs; ++i) {
    jobs.push_back(i);
    EXPECT_EQ(done.pop_front_within(far_too_long), i);
  }
  consumer.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, far_too_long);
}

TEST_P(DequeWaitTest, each_item_goes_to_one_of_those_who_wait) {
  Deque<int> jobs(engine_, "jobs", {.max_size = 4});
  constexpr int workers = 4;
  std::atomic<int> taken{0};
  std::atomic<long> sum{0};
  std::vector<std::thread> threads;
  threads.reserve(workers);
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([&] {
      while (const auto job = jobs.pop_front_within(far_too_long)) {
        if (*job < 0) return;
        ++taken;
        sum += *job;
      }
    });
  }
  for (int i = 0; i < hand_overs; ++i) EXPECT_TRUE(jobs.push_back_within(i, far_too_long));
  for (int i = 0; i < workers; ++i) EXPECT_TRUE(jobs.push_back_within(-1, far_too_long));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, hand_overs);
  EXPECT_EQ(sum, long{hand_overs} * (hand_overs - 1) / 2);
}

TEST_P(DequeWaitTest, a_higher_limit_is_room) {
  Deque<int> jobs(engine_, "jobs", {.max_size = 1});
  jobs.push_back(1);
  std::thread producer([&] { EXPECT_TRUE(jobs.push_back_within(2, far_too_long)); });
  jobs.set_max_size(std::nullopt);
  producer.join();
  EXPECT_EQ(jobs.snapshot(), (std::vector<int>{1, 2}));
}

TEST_P(DequeWaitTest, what_was_undone_is_not_seen_by_who_waits) {
  Deque<int> jobs(engine_, "jobs");
  std::thread consumer([&] { EXPECT_EQ(jobs.pop_front_within(far_too_long), 2); });
  EXPECT_THROW(engine_->update([&](WriteTxn&) {
    jobs.push_back(1);
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  jobs.push_back(2);
  consumer.join();
}

// Who waits inside an update keeps everybody from pushing what is waited for; inside a view nothing
// new is seen.
TEST_P(DequeWaitTest, nobody_waits_inside_a_transaction) {
  Deque<int> deque(engine_, "jobs", {.max_size = 1});
  deque.push_back(1);
  const auto expect_refused = [&](const auto& wait) {
    expect_kind(ErrorKind::invalid_argument, [&] { engine_->update([&](WriteTxn&) { wait(); }); });
    expect_kind(ErrorKind::invalid_argument, [&] { engine_->view([&](ReadTxn&) { wait(); }); });
  };
  expect_refused([&] { deque.pop_front_within(far_too_long); });
  expect_refused([&] { deque.pop_back_within(0ms); });
  expect_refused([&] { deque.take_front_within(far_too_long); });
  expect_refused([&] { deque.push_back_within(2, far_too_long); });
  EXPECT_EQ(deque.snapshot(), std::vector{1});
}

TEST(DequeWaitProcesses, items_and_room_are_handed_over) {
  const TempDir dir{memory_folder()};
  ChannelPair line;
  Child worker([&] {
    line.parent.close();
    const EnginePtr engine = open_lmdb({.path = dir / "db"});
    Deque<int> jobs(engine, "jobs", {.max_size = 2});
    Deque<int> done(engine, "done");
    line.child.send("ready");
    for (int i = 0; i < hand_overs; ++i) {
      const auto job = jobs.pop_front_within(far_too_long);
      if (job != i) return 1;
      done.push_back(*job);
    }
    return 0;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "ready");
  const EnginePtr engine = open_lmdb({.path = dir / "db"});
  Deque<int> jobs(engine, "jobs");
  Deque<int> done(engine, "done");
  // The first half in turns, the second as fast as there is room.
  for (int i = 0; i < hand_overs; ++i) {
    ASSERT_TRUE(jobs.push_back_within(i, far_too_long));
    EXPECT_LE(jobs.size(), 2U);
    if (i >= hand_overs / 2) continue;
    ASSERT_EQ(done.pop_front_within(far_too_long), i);
  }
  EXPECT_TRUE(worker.wait(far_too_long).is_good());
  EXPECT_EQ(done.size(), hand_overs - hand_overs / 2);
}

TEST(DequeWaitProcesses, a_worker_that_is_killed_while_it_waits_takes_nothing) {
  const TempDir dir{memory_folder()};
  ChannelPair line;
  Child worker([&] {
    line.parent.close();
    Deque<int> jobs(open_lmdb({.path = dir / "db"}), "jobs");
    line.child.send("ready");
    static_cast<void>(jobs.pop_front_within(far_too_long));
    return 0;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "ready");
  worker.kill(SIGKILL);
  worker.wait();

  Deque<int> jobs(open_lmdb({.path = dir / "db"}), "jobs");
  jobs.push_back(1);
  EXPECT_EQ(jobs.pop_front_within(far_too_long), 1);
}

}  // namespace
}  // namespace larder::test
