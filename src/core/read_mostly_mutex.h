// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <array>
#include <cstddef>
#include <functional>

#include "larder/core/mutex.h"

namespace larder::detail {

/// A readers-writer lock whose readers write to nothing that another processor touches: each locks
/// the lane of the processor that it runs on, a writer locks all lanes (a "big-reader" lock). For
/// what is read all the time, by a few instructions, and seldom changed.
///
/// `PerLane` is what readers may change nevertheless: every lane has its own.
template <typename PerLane>
class LARDER_THREAD_ANNOTATION(capability("mutex")) ReadMostlyMutex {
 public:
  class ReadLock;
  class WriteLock;

  ReadMostlyMutex() = default;
  ReadMostlyMutex(const ReadMostlyMutex&) = delete;
  ReadMostlyMutex& operator=(const ReadMostlyMutex&) = delete;

  /// Calls `visit(PerLane&)` for each lane, while nobody else can be in it.
  template <typename Visit>
  void for_each_lane(Visit visit) {
    for (Lane& lane : lanes_) {
      const MutexLock lock(lane.mutex);
      std::invoke(visit, lane.data);
    }
  }

 private:
  static constexpr std::size_t lane_count = 16;

  struct alignas(64) Lane {
    Mutex mutex;
    PerLane data = {};
  };

  /// Where that is not known, all share a lane, which is slower and as right.
  Lane& own_lane() noexcept {
    const int processor = sched_getcpu();
    return lanes_[processor < 0 ? 0 : static_cast<std::size_t>(processor) % lane_count];
  }

  std::array<Lane, lane_count> lanes_;
};

/// Holds a `ReadMostlyMutex` for reading, for one scope. Not recursive: a reader that locks again
/// waits for itself.
template <typename PerLane>
class LARDER_THREAD_ANNOTATION(scoped_lockable) ReadMostlyMutex<PerLane>::ReadLock {
 public:
  explicit ReadLock(ReadMostlyMutex& mutex)
      LARDER_THREAD_ANNOTATION(acquire_shared_capability(mutex))
      : lane_(mutex.own_lane()) {
    lane_.mutex.lock();
  }
  ~ReadLock() LARDER_THREAD_ANNOTATION(release_capability()) { lane_.mutex.unlock(); }
  ReadLock(const ReadLock&) = delete;
  ReadLock& operator=(const ReadLock&) = delete;

  /// Of the lane that is held.
  [[nodiscard]] PerLane& data() const noexcept { return lane_.data; }

 private:
  Lane& lane_;
};

/// Holds a `ReadMostlyMutex` for changes, for one scope.
template <typename PerLane>
class LARDER_THREAD_ANNOTATION(scoped_lockable) ReadMostlyMutex<PerLane>::WriteLock {
 public:
  explicit WriteLock(ReadMostlyMutex& mutex) LARDER_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    for (Lane& lane : mutex_.lanes_) lane.mutex.lock();
  }
  ~WriteLock() LARDER_THREAD_ANNOTATION(release_capability()) {
    for (Lane& lane : mutex_.lanes_) lane.mutex.unlock();
  }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

 private:
  ReadMostlyMutex& mutex_;
};

}  // namespace larder::detail
