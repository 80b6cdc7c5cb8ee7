// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "larder/core/clock.h"
#include "larder/engine/engine.h"
#include "larder/key/key.h"
#include "larder/sync/detail/held_object.h"

namespace larder {

/// A point where so many threads meet, of all processes that use an engine: each waits until all
/// have arrived, then all go on, to meet there again.
///
/// A thread is a **party** from its first arrival, or from `join()`, until it leaves: so it is
/// known whom the others wait for. When a party ends without leaving, by `kill -9` or because its
/// thread ends, and with `reset()`, the barrier **breaks**: all who wait fail with `unavailable`
/// within 100 milliseconds, and each other party when it comes next. Who was told is no party any
/// more. There is nothing to repair: who arrives after that meets others who do. Either all go on,
/// or none.
///
/// In the child of a fork nobody is a party. Joining and arriving inside an update or a view of the
/// engine is an `invalid_argument`: others may need one before they arrive.
///
/// Thread-safe. Copies are the same barrier; the end of an object leaves nothing.
class Barrier {
 public:
  /// All who use the name at the same time must ask for the same number of parties.
  /// @throws Error `invalid_argument` if there are none, `denied` if the engine is read-only
  Barrier(EnginePtr engine, const Key& name, std::uint32_t parties);

  /// Makes this thread a party, if it is none yet, so that the others learn of its end even if it
  /// comes before its first arrival.
  /// @throws Error `unavailable` if the barrier broke; `invalid_argument` if so many others are
  /// parties already or asked for another number, or inside a transaction; `full` if thousands of
  /// locks are in use
  void join();

  /// Waits until all parties have arrived. Fails as `join()` does.
  void arrive_and_wait() { static_cast<void>(wait_until(SteadyTime::max())); }

  /// The same within `timeout`. If the others did not come until then, the arrival is taken back
  /// and false returned: this thread stays a party, the others go on waiting. Fails as `join()`
  /// does.
  template <typename Rep, typename Period>
  [[nodiscard]] bool arrive_and_wait_for(std::chrono::duration<Rep, Period> timeout) {
    return wait_until(detail::after(timeout));
  }

  /// The same until `moment`.
  template <typename AnyClock, typename AnyDuration>
  [[nodiscard]] bool arrive_and_wait_until(std::chrono::time_point<AnyClock, AnyDuration> moment) {
    return wait_until(detail::as_steady(moment));
  }

  /// Makes place for another thread, which the others wait for then. Does nothing if this thread is
  /// no party.
  void leave();

  /// Breaks the barrier for all who are parties now, but this thread. Returns how many parties
  /// there were, with this one.
  /// @throws Error `unavailable`
  std::size_t reset();

  /// How many threads have arrived and wait.
  [[nodiscard]] std::size_t waiting() const;

 private:
  class State;

  bool wait_until(SteadyTime deadline);

  std::shared_ptr<State> state_;
};

}  // namespace larder
