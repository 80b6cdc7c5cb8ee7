// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "larder/engine/engine.h"
#include "larder/key/key.h"
#include "larder/sync/detail/lockable.h"

namespace larder {

/// Something that is done once by all threads of all processes that use an engine, now and after
/// any restart: a migration, filling a table. That it was done is kept in the engine and survives
/// what an acknowledged update does: with it the updates that did it. For a value that is
/// computed once there is `Cache::get_or_load`; for calls that only must not overlap, `exclusive`.
///
/// Calling it inside an update or a view of the engine is an `invalid_argument`: others may wait.
///
/// Thread-safe. Copies are the same thing.
class Once {
 public:
  /// @throws Error `denied` if the engine is read-only
  Once(EnginePtr engine, const Key& name);

  /// Calls `function`, unless somebody did it already, and returns whether this call did. Who comes
  /// meanwhile waits until it is done. If `function` throws, or its process is killed, nothing is
  /// done, and the next who waits calls his: so what it does must bear to be begun again.
  /// @throws Error `invalid_argument` inside itself or a transaction, `corrupt`, `full`,
  /// `unavailable`; and what `function` throws
  template <typename Function>
  bool call(Function&& function) {
    turn_.expect_no_transaction();
    if (is_done()) return false;
    const std::lock_guard guard(turn_);
    if (is_done()) return false;
    std::invoke(std::forward<Function>(function));
    set_done();
    return true;
  }

  /// Whether it was done.
  /// @throws Error `corrupt`
  [[nodiscard]] bool is_done() const;

  /// Forgets that it was done: the next `call()` does it again. Returns whether it was.
  /// @throws Error `full`, `unavailable`
  bool reset();

 private:
  struct Turn : detail::Lockable {
    Turn(EnginePtr engine, const Key& name)
        : Lockable({std::move(engine), LockKind::once, name, 1}, {}) {}
    void expect_no_transaction() const { object().expect_no_transaction(); }
  };
  struct State;

  void set_done();

  Turn turn_;
  std::shared_ptr<State> state_;
};

}  // namespace larder
