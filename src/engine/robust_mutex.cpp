// SPDX-License-Identifier: Apache-2.0
#include "engine/robust_mutex.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "engine/backoff.h"
#include "engine/futex.h"
#include "engine/thread_sanitizer.h"
#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder {

namespace {

// Who is woken may be killed before it takes the mutex. If another one takes it in that moment, it
// does not learn that more are asleep, and nobody wakes them when it is done: so they look.
[[maybe_unused]] constexpr std::chrono::milliseconds nap{25};

/// `lock_until()` for a mutex that no thread locks twice: who seems to is another one, of a
/// container where threads have the same numbers.
int lock_beside_namesakes(pthread_mutex_t& mutex, SteadyTime deadline) {
  Backoff backoff(deadline);
  for (;;) {
    const int result = lock_until(mutex, deadline);
    if (result != EDEADLK || !backoff.wait()) return result;
  }
}

}  // namespace

void make_robust(pthread_mutex_t& mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  const int result = pthread_mutex_init(&mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  if (result != 0) throw system_error(result, "create a lock between processes");
}

int lock_until(pthread_mutex_t& mutex, SteadyTime deadline) {
#if defined(LARDER_THREAD_SANITIZER)
  Backoff backoff(deadline);
  int result = EBUSY;
  while ((result = pthread_mutex_trylock(&mutex)) == EBUSY && backoff.wait()) {
  }
  return result;
#else
  for (;;) {
    const SteadyTime nap_end = std::min<SteadyTime>(deadline, Clock::system().steady_now() + nap);
    const timespec until = to_timespec(nap_end);
    const int result = pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &until);
    if (result != ETIMEDOUT || nap_end == deadline) return result;
  }
#endif
}

bool is_held(pthread_mutex_t& mutex, int result) noexcept {
  if (result == EOWNERDEAD) pthread_mutex_consistent(&mutex);
  return result == 0 || result == EOWNERDEAD;
}

RobustLock::RobustLock(pthread_mutex_t& mutex, SteadyTime deadline)
    : mutex_(mutex), forks_(fork_generation()) {
  int result = pthread_mutex_trylock(&mutex_);
  if (result == EBUSY || result == EDEADLK) result = lock_beside_namesakes(mutex_, deadline);
  if (!is_held(mutex_, result)) {
    throw Error(ErrorKind::unavailable, "another writer did not finish in time");
  }
}

RobustLock::~RobustLock() {
  // In the child of a fork the lock is still the parent's.
  if (forks_ == fork_generation()) pthread_mutex_unlock(&mutex_);
}

}  // namespace larder
