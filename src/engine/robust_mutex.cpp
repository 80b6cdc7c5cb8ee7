// SPDX-License-Identifier: Apache-2.0
#include "engine/robust_mutex.h"

#include <cerrno>

#include "engine/thread_sanitizer.h"
#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder {

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

bool is_held(pthread_mutex_t& mutex, int result) noexcept {
  if (result == EOWNERDEAD) pthread_mutex_consistent(&mutex);
  return result == 0 || result == EOWNERDEAD;
}

RobustLock::RobustLock(pthread_mutex_t& mutex, SteadyTime deadline)
    : mutex_(mutex), forks_(fork_generation()) {
  int result = pthread_mutex_trylock(&mutex_);
  if (result == EBUSY) result = lock_until(mutex_, deadline);
  if (!is_held(mutex_, result)) {
    throw Error(ErrorKind::unavailable, "another writer did not finish in time");
  }
}

RobustLock::~RobustLock() {
  // In the child of a fork the lock is still the parent's.
  if (forks_ == fork_generation()) pthread_mutex_unlock(&mutex_);
}

}  // namespace larder
