// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <cstdint>

#include "larder/core/clock.h"

namespace larder {

/// Makes `mutex` one that processes share and that the kernel passes on when its owner dies.
/// Locking it twice in one thread fails with EDEADLK.
void make_robust(pthread_mutex_t& mutex);

/// Waits for the robust `mutex` until `deadline`. Returns what pthread_mutex_clocklock returns.
[[nodiscard]] int lock_until(pthread_mutex_t& mutex, SteadyTime deadline);

/// Whether this thread has the robust `mutex` after a call to lock it that returned `result`.
[[nodiscard]] bool is_held(pthread_mutex_t& mutex, int result) noexcept;

/// Locks a robust mutex for one scope. Whether the holder before died, and what it left half done,
/// must show in what the mutex protects: nobody is told twice.
class RobustLock {
 public:
  /// @throws Error `unavailable` if it is not to be had before `deadline`
  RobustLock(pthread_mutex_t& mutex, SteadyTime deadline);
  RobustLock(const RobustLock&) = delete;
  RobustLock& operator=(const RobustLock&) = delete;
  ~RobustLock();

 private:
  pthread_mutex_t& mutex_;
  std::uint64_t forks_;
};

}  // namespace larder
