// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#  define LARDER_THREAD_ANNOTATION(x) __attribute__((x))
#else
#  define LARDER_THREAD_ANNOTATION(x)
#endif

/// The member may be touched only while the named mutex is held; clang checks it.
#define LARDER_GUARDED_BY(mutex) LARDER_THREAD_ANNOTATION(guarded_by(mutex))
/// The function may be called only while the named mutexes are held; clang checks it.
#define LARDER_REQUIRES(...) LARDER_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
/// The same, where it is enough to hold them for reading.
#define LARDER_REQUIRES_SHARED(...) \
  LARDER_THREAD_ANNOTATION(requires_shared_capability(__VA_ARGS__))
/// The function must not be called while the named mutexes are held; clang checks it.
#define LARDER_EXCLUDES(...) LARDER_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace larder {

/// `std::mutex` with the annotations that let clang check who may touch what: libstdc++'s has none.
class LARDER_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() LARDER_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() LARDER_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  bool try_lock() LARDER_THREAD_ANNOTATION(try_acquire_capability(true)) {
    return mutex_.try_lock();
  }

 private:
  std::mutex mutex_;
};

/// Holds a `Mutex` for one scope. Works with `CondVar`.
class LARDER_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) LARDER_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() LARDER_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// A condition variable to wait on while a `Mutex` is held.
using CondVar = std::condition_variable_any;

}  // namespace larder
