// SPDX-License-Identifier: Apache-2.0
#include "larder/core/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace larder {
namespace {

class Counter {
 public:
  void add() LARDER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ++count_;
  }
  int count() LARDER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return count_;
  }

 private:
  Mutex mutex_;
  int count_ LARDER_GUARDED_BY(mutex_) = 0;
};

TEST(Mutex, keeps_threads_apart) {
  Counter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10'000; ++j) counter.add();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.count(), 40'000);
}

TEST(Mutex, try_lock_fails_while_another_thread_holds_it) {
  Mutex mutex;
  mutex.lock();
  bool was_free = false;
  std::thread([&] {
    if (mutex.try_lock()) {
      was_free = true;
      mutex.unlock();
    }
  }).join();
  mutex.unlock();
  EXPECT_FALSE(was_free);
}

TEST(CondVar, wakes_a_thread_that_waits_with_the_mutex) {
  Mutex mutex;
  CondVar changed;
  bool is_ready = false;
  std::thread other([&] {
    const MutexLock lock(mutex);
    is_ready = true;
    changed.notify_one();
  });
  {
    const MutexLock lock(mutex);
    while (!is_ready) changed.wait(mutex);
    EXPECT_TRUE(is_ready);
  }
  other.join();
}

}  // namespace
}  // namespace larder
