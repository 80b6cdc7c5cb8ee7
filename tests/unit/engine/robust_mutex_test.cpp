// SPDX-License-Identifier: Apache-2.0

// A mutex between processes of which any may be killed at any moment.

#include "engine/robust_mutex.h"

#include <gtest/gtest.h>
#include <linux/futex.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "engine/thread_sanitizer.h"
#include "larder/core/clock.h"

namespace larder {
namespace {

SteadyTime in(std::chrono::milliseconds time) { return Clock::system().steady_now() + time; }

TEST(RobustMutex, is_not_to_be_had_before_the_deadline) {
  pthread_mutex_t mutex{};
  make_robust(mutex);
  const RobustLock lock(mutex, in(std::chrono::minutes{1}));
  std::thread([&] {
    for (const int milliseconds : {-1, 0, 1, 60}) {
      const SteadyTime deadline = in(std::chrono::milliseconds{milliseconds});
      const int result = lock_until(mutex, deadline);
      EXPECT_FALSE(is_held(mutex, result));
      EXPECT_GE(Clock::system().steady_now(), deadline);
    }
  }).join();
}

#if !defined(LARDER_THREAD_SANITIZER)  // which does not let them sleep
TEST(RobustMutex, does_not_keep_those_asleep_whom_nobody_remembers) {
  pthread_mutex_t mutex{};
  make_robust(mutex);
  ASSERT_EQ(pthread_mutex_lock(&mutex), 0);
  std::thread sleeper([&] {
    const int result = lock_until(mutex, in(std::chrono::minutes{1}));
    EXPECT_TRUE(is_held(mutex, result));
    if (result == 0) pthread_mutex_unlock(&mutex);
  });
  const std::atomic_ref<int> word(mutex.__data.__lock);
  constexpr int waiters = static_cast<int>(FUTEX_WAITERS);
  while ((word & waiters) == 0) std::this_thread::yield();

  // As if another one had been woken and killed, and this one had come in between.
  word &= ~waiters;
  ASSERT_EQ(pthread_mutex_unlock(&mutex), 0);

  const SteadyTime start = Clock::system().steady_now();
  sleeper.join();
  EXPECT_LT(Clock::system().steady_now() - start, std::chrono::seconds{30});
}
#endif

}  // namespace
}  // namespace larder
