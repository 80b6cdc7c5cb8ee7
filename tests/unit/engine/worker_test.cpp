// SPDX-License-Identifier: Apache-2.0

// The thread behind updates: it starts late, misses no call, and stops when told.

#include "engine/lmdb/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>

namespace larder::lmdb {
namespace {

TEST(Worker, starts_with_the_first_call) {
  std::atomic<int> started = 0;
  {
    Worker idle([&](Worker&) { ++started; });
  }
  EXPECT_EQ(started, 0);
  {
    Worker worker([&](Worker& self) {
      ++started;
      while (self.wait() != Worker::Why::stopped) {
      }
    });
    worker.wake();
    worker.wake();
  }
  EXPECT_EQ(started, 1);
}

TEST(Worker, call_before_a_wait_ends_that_wait) {
  std::atomic<int> turns = 0;
  Worker worker([&](Worker& self) {
    while (self.wait() == Worker::Why::woken) {
      ++turns;
      turns.notify_all();
    }
  });
  for (int i = 0; i < 100; ++i) {
    worker.wake();
    turns.wait(i);
  }
  EXPECT_EQ(turns, 100);
}

TEST(Worker, wait_ends_when_its_time_is_over) {
  std::atomic<bool> timed_out = false;
  Worker worker([&](Worker& self) {
    Worker::Why why = self.wait_for(std::chrono::milliseconds{1});
    while (why == Worker::Why::woken) why = self.wait_for(std::chrono::milliseconds{1});
    timed_out = why == Worker::Why::timed_out;
    timed_out.notify_all();
  });
  worker.wake();
  timed_out.wait(false);
  EXPECT_TRUE(timed_out);
}

TEST(Worker, stops_while_it_waits_for_long) {
  std::optional<Worker::Why> why;
  {
    Worker worker([&](Worker& self) {
      do {
        why = self.wait_for(std::chrono::hours{1});
      } while (why == Worker::Why::woken);
    });
    worker.wake();
  }
  EXPECT_EQ(why, Worker::Why::stopped);
}

}  // namespace
}  // namespace larder::lmdb
