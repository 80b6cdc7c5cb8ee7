// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "larder/sync/detail/held_object.h"

namespace larder {

/// A mutex with a name, for all threads of all processes that use an engine. Fits
/// `std::lock_guard`, `std::unique_lock` and `std::scoped_lock`.
///
/// It belongs to the thread that locked it, whatever object it was locked through. Who waits gets
/// it in the order of asking, asleep meanwhile. When its owner ends without unlocking, be it by
/// `kill -9`, the next one has it within 100 milliseconds. In the child of a fork nothing is held,
/// and unlocking there what the parent holds does nothing.
///
/// Nothing here may be called inside an update of the engine: whoever has the lock may need one.
///
/// Thread-safe. Copies are the same lock; the end of an object unlocks nothing.
class Lock {
 public:
  /// @throws Error `denied` if the engine is read-only
  Lock(EnginePtr engine, const Key& name)
      : object_(std::move(engine), detail::ObjectKind::lock, name, 1) {}

  /// Waits until no thread has it, and takes it.
  /// @throws Error `invalid_argument` if this thread has it already, `full` if thousands of locks
  /// are in use or the device has no room, `unavailable`
  void lock() { object_.take({}); }

  /// Takes it if nobody has it or waits for it. Fails as `lock()` does.
  [[nodiscard]] bool try_lock() { return object_.try_take({}); }

  /// Takes it if it is to be had within `timeout`. Fails as `lock()` does.
  template <typename Rep, typename Period>
  [[nodiscard]] bool try_lock_for(std::chrono::duration<Rep, Period> timeout) {
    return object_.take_until({}, detail::after(timeout));
  }

  /// Takes it if it is to be had until `moment`. Fails as `lock()` does.
  template <typename AnyClock, typename AnyDuration>
  [[nodiscard]] bool try_lock_until(std::chrono::time_point<AnyClock, AnyDuration> moment) {
    return object_.take_until({}, detail::as_steady(moment));
  }

  /// Gives it to the next in line. Does nothing more if somebody took it away meanwhile.
  /// @throws Error `invalid_argument` if this thread did not lock it
  void unlock() { object_.release(1); }

  /// Whether this thread has it, and nobody took it away.
  [[nodiscard]] bool is_held() const { return object_.is_held(); }

  /// The fencing token: a number that is larger than that of everybody who had the lock before,
  /// also before the machine was started again. Hand it to what the lock protects, which can then
  /// refuse those who come late. Not in order for engines opened as `disposable` after a power cut.
  /// @throws Error `invalid_argument` if this thread did not lock it
  [[nodiscard]] std::uint64_t token() const { return object_.token(); }

  /// How many threads wait for it.
  [[nodiscard]] std::size_t waiting() const { return object_.waiting(); }

 private:
  detail::HeldObject object_;
};

}  // namespace larder
