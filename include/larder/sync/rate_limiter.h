// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "larder/core/clock.h"
#include "larder/engine/engine.h"
#include "larder/key/key.h"

namespace larder {

/// How turns are counted.
enum class RateShape {
  token_bucket,    ///< `count` at once after a pause, then evenly spread over the period.
  sliding_window,  ///< At most `count` in any period, whenever it begins.
};

/// How often something may happen.
struct RateLimit {
  std::uint32_t count = 1;                    ///< Turns in each period.
  Duration period = std::chrono::seconds{1};  ///< More than zero, at most a year.
  RateShape shape = RateShape::token_bucket;
  /// How to wait for a moment of the engine's clock. Unset: the thread sleeps.
  std::function<void(SteadyTime)> wait_until = {};
};

/// Turns that all threads of all processes share which use an engine. They are kept in the engine:
/// a new process finds them used up as the last one left them, also after a restart of the machine.
///
/// Turns are given in the order of asking: who waits has his already. A jump of the calendar does
/// not matter, unless the machine is restarted meanwhile. Inside an update of the engine turns are
/// part of it, and nobody else can have one before it ends: there they can be taken and reserved,
/// but not waited for.
///
/// Thread-safe. Copies are the same limiter.
class RateLimiter {
 public:
  /// All who use the name should ask for the same limit; each turn goes by the limit of who asks.
  /// @throws Error `invalid_argument` if nothing is allowed, or a sliding window has more than
  /// 10,000 turns
  RateLimiter(EnginePtr engine, const Key& name, RateLimit limit);

  /// Takes a turn if there is one now.
  /// @throws Error `corrupt`, `full`, `unavailable`
  [[nodiscard]] bool try_acquire() { return reserve(Duration::zero()).has_value(); }

  /// Takes the next turn and waits for it.
  /// @throws Error `invalid_argument` inside an update or a view of the engine, `corrupt`, `full`,
  /// `unavailable`
  void acquire();

  /// Takes the next turn and waits for it, if it is no later than `longest` from now. Otherwise
  /// takes none and returns false at once. Fails as `acquire()` does.
  bool try_acquire_for(Duration longest);

  /// Takes the next turn, if it is no later than `longest` (or a century) from now, and returns
  /// when it is: for who waits in a way of his own. Fails as `try_acquire()` does.
  [[nodiscard]] std::optional<SteadyTime> reserve(Duration longest = Duration::max());

  /// Gives all turns back. Fails as `try_acquire()` does.
  void reset();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace larder
