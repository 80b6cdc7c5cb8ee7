// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "larder/sync/detail/held_object.h"

namespace larder::detail {

/// What `Lock`, `RLock`, `RWLock` and `Semaphore` have in common. Fits `std::lock_guard`,
/// `std::unique_lock` and `std::scoped_lock`.
///
/// What is locked belongs to the thread that locked it, whatever object it was locked through. Who
/// waits gets it in the order of asking, asleep meanwhile; what only one can hold may be taken once
/// by somebody new while the next in line wakes. When its owner ends without unlocking, be it by
/// `kill -9`, the next one has it within 100 milliseconds; in another container, when its process
/// ends or closes the engine. In the child of a fork nothing is held,
/// and unlocking there what the parent holds does nothing.
///
/// Locking inside an update or a view of the same engine is an `invalid_argument`, whether it would
/// wait or not: whoever holds it may need an update. What this thread has can be unlocked there,
/// and counted once more.
///
/// Thread-safe. Copies are the same lock; the end of an object unlocks nothing.
class Lockable {
 public:
  /// Waits until it is to be had, and takes it.
  /// @throws Error `invalid_argument` if this thread would wait for itself or is in a transaction,
  /// `full` if thousands of locks are in use or the device has no room, `unavailable`
  void lock() { object_.take(want_); }

  /// Takes it if that is possible at once, and `lock()` would not wait. Fails as `lock()` does.
  [[nodiscard]] bool try_lock() { return object_.try_take(want_); }

  /// Takes it if it is to be had within `timeout`. Fails as `lock()` does.
  template <typename Rep, typename Period>
  [[nodiscard]] bool try_lock_for(std::chrono::duration<Rep, Period> timeout) {
    return object_.take_until(want_, after(timeout));
  }

  /// Takes it if it is to be had until `moment`. Fails as `lock()` does.
  template <typename AnyClock, typename AnyDuration>
  [[nodiscard]] bool try_lock_until(std::chrono::time_point<AnyClock, AnyDuration> moment) {
    return object_.take_until(want_, as_steady(moment));
  }

  /// Gives it to the next in line. Does nothing more if somebody took it away meanwhile.
  /// @throws Error `invalid_argument` if this thread did not lock it
  void unlock() { object_.release(want_.weight); }

  /// Whether this thread holds it, and nobody took it away.
  [[nodiscard]] bool is_held() const { return object_.is_held(); }

  /// The fencing token: a number that is larger than that of everybody who took it before, also
  /// before the machine was started again. Hand it to what the lock protects, which can then refuse
  /// those who come late. Engines opened as `disposable` may begin again after a power cut.
  /// @throws Error `invalid_argument` if this thread did not lock it
  [[nodiscard]] std::uint64_t token() const { return object_.token(); }

  /// How many threads wait for it.
  [[nodiscard]] std::size_t waiting() const { return object_.waiting(); }

 protected:
  Lockable(HeldObject object, const HeldObject::Want& want)
      : object_(std::move(object)), want_(want) {}
  ~Lockable() = default;
  Lockable(const Lockable&) = default;
  Lockable& operator=(const Lockable&) = default;

  [[nodiscard]] const HeldObject& object() const noexcept { return object_; }

 private:
  HeldObject object_;
  HeldObject::Want want_;
};

}  // namespace larder::detail
