// SPDX-License-Identifier: Apache-2.0

// Threads that start when there is work, run all of it, and survive a fork.

#include "larder/core/thread_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <latch>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "larder/core/mutex.h"
#include "support/child.h"

namespace larder::test {
namespace {

TEST(ThreadPool, runs_all_that_it_was_given_before_it_goes) {
  std::atomic<int> done{0};
  {
    ThreadPool pool(3);
    for (int i = 0; i < 1000; ++i) {
      pool.run([&done, &pool, i] {
        if (i % 10 == 0) pool.run([&done] { ++done; });
        ++done;
      });
    }
  }
  EXPECT_EQ(done, 1100);
}

TEST(ThreadPool, has_as_many_threads_as_it_may_and_needs) {
  Mutex mutex;
  std::set<std::thread::id> threads;
  std::latch all_at_once(3);
  std::latch done(3);
  std::latch more(50);
  ThreadPool pool(3);  // ends first: its threads may still be leaving a latch
  for (int i = 0; i < 3; ++i) {
    pool.run([&] {
      all_at_once.arrive_and_wait();  // never, with fewer
      {
        const MutexLock lock(mutex);
        threads.insert(std::this_thread::get_id());
      }
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(threads.size(), 3U);
  for (int i = 0; i < 50; ++i) {
    pool.run([&] {
      {
        const MutexLock lock(mutex);
        threads.insert(std::this_thread::get_id());
      }
      more.count_down();
    });
  }
  more.wait();
  EXPECT_EQ(threads.size(), 3U) << "no other thread has run a task";
}

TEST(ThreadPool, one_thread_runs_tasks_in_their_order) {
  std::vector<int> order;
  {
    ThreadPool pool(0);  // as one
    for (int i = 0; i < 100; ++i) pool.run([&order, i] { order.push_back(i); });
  }
  ASSERT_EQ(order.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(ThreadPool, what_a_task_throws_is_told_and_harms_nobody) {
  std::vector<std::string> log;
  std::atomic<bool> has_run{false};
  {
    ThreadPool pool(1, [&](LogLevel, std::string_view message) { log.emplace_back(message); });
    pool.run([] { throw std::runtime_error("no luck"); });
    pool.run([] { throw 7; });
    pool.run([&] { has_run = true; });
  }
  EXPECT_TRUE(has_run);
  EXPECT_EQ(log, (std::vector<std::string>{"a task failed: no luck", "a task failed"}));
}

TEST(ThreadPool, a_task_may_be_the_last_to_hold_the_pool) {
  const auto gone = std::make_shared<std::promise<void>>();
  const auto is_free = std::make_shared<std::latch>(1);
  auto pool = std::make_shared<ThreadPool>(1);
  pool->run([gone, is_free, pool]() mutable {
    is_free->wait();
    pool.reset();
    gone->set_value();
  });
  pool.reset();
  is_free->count_down();
  gone->get_future().wait();
}

TEST(ThreadPool, executor_drops_what_comes_after_the_end) {
  Executor executor;
  {
    const ThreadPool pool(1);
    executor = pool.executor();
  }
  const auto held = std::make_shared<int>(1);
  executor([held] { FAIL() << "there is no thread"; });
  EXPECT_EQ(held.use_count(), 1);
}

TEST(ThreadPool, handles_no_signals) {
  std::promise<bool> is_blocked;
  ThreadPool pool(1);
  pool.run([&] {
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    is_blocked.set_value(::sigismember(&blocked, SIGTERM) == 1);
  });
  EXPECT_TRUE(is_blocked.get_future().get());
}

TEST(ThreadPool, child_of_a_fork_has_threads_of_its_own_and_no_tasks_of_the_parent) {
  std::atomic<int> done{0};
  {
    std::latch is_free(1);
    ThreadPool pool(1);
    pool.run([&] { is_free.wait(); });
    pool.run([&] { ++done; });
    EXPECT_TRUE(run_in_child([&] {
                  std::promise<int> seen;
                  pool.run([&] { seen.set_value(done); });
                  return seen.get_future().get();
                }).is_good());
    is_free.count_down();
  }
  EXPECT_EQ(done, 1);
}

TEST(ThreadPool, child_of_a_fork_ends_a_pool_whose_threads_wait_in_the_parent) {
  std::latch both(2);
  auto pool = std::make_unique<ThreadPool>(2);
  for (int i = 0; i < 2; ++i) pool->run([&] { both.arrive_and_wait(); });
  both.wait();
  EXPECT_TRUE(run_in_child([&] {
                pool.reset();
                return 0;
              }).is_good());
}

}  // namespace
}  // namespace larder::test
