// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>

#include "larder/sync/detail/lockable.h"

namespace larder {

/// A lock that one writer or any number of readers have, among all threads of all processes that
/// use an engine. Fits `std::shared_lock`, too. Readers and writers are served in the order of
/// asking: who reads waits for writers that asked before, so neither starves.
///
/// A thread that reads may read again; it is done once it unlocked as often. To write while it
/// reads, or the other way round, is an `invalid_argument`.
class RWLock : public detail::Lockable {
 public:
  /// @throws Error `denied` if the engine is read-only
  RWLock(EnginePtr engine, const Key& name)
      : Lockable({std::move(engine), LockKind::rw_lock, name, all}, {.weight = all}) {}

  /// Waits until nobody writes and nobody who asked before waits to write. Fails as `lock()` does.
  void lock_shared() { object().take(shared); }

  /// The same if that is possible at once. Fails as `lock()` does.
  [[nodiscard]] bool try_lock_shared() { return object().try_take(shared); }

  /// The same within `timeout`. Fails as `lock()` does.
  template <typename Rep, typename Period>
  [[nodiscard]] bool try_lock_shared_for(std::chrono::duration<Rep, Period> timeout) {
    return object().take_until(shared, detail::after(timeout));
  }

  /// The same until `moment`. Fails as `lock()` does.
  template <typename AnyClock, typename AnyDuration>
  [[nodiscard]] bool try_lock_shared_until(std::chrono::time_point<AnyClock, AnyDuration> moment) {
    return object().take_until(shared, detail::as_steady(moment));
  }

  /// Ends what `lock_shared()` began.
  /// @throws Error `invalid_argument` if this thread does not read
  void unlock_shared() { object().release(shared.weight); }

 private:
  static constexpr std::uint32_t all = std::numeric_limits<std::uint32_t>::max();
  static constexpr detail::HeldObject::Want shared{.weight = 1,
                                                   .again = detail::HeldObject::Again::counted};
};

}  // namespace larder
