// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace larder {

/// A point of calendar time, in microseconds; what is stored on disk.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// A point of the clock that never jumps; for waits and deadlines.
using SteadyTime = std::chrono::steady_clock::time_point;

/// A length of time. Every option that is a time uses it or converts to it.
using Duration = std::chrono::microseconds;

/// Where larder learns what time it is. Injected, so that tests need not sleep.
///
/// Thread-safe: any function may be called from any thread at any time.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// Calendar time. May jump when the machine's clock is set.
  [[nodiscard]] virtual WallTime now() const noexcept = 0;

  /// Time that only moves forward.
  [[nodiscard]] virtual SteadyTime steady_now() const noexcept = 0;

  /// The machine's clock. Lives for the whole program.
  [[nodiscard]] static const Clock& system() noexcept;
};

/// `start + length`, kept at the last (or first) representable moment instead of overflowing.
[[nodiscard]] WallTime add_saturated(WallTime start, Duration length) noexcept;

/// A clock that moves only when told: for tests of programs that keep things.
///
/// Thread-safe.
class ManualClock final : public Clock {
 public:
  /// Starts at `now`.
  explicit ManualClock(WallTime now = WallTime{std::chrono::days{20'000}});
  ~ManualClock() override;

  [[nodiscard]] WallTime now() const noexcept override;
  [[nodiscard]] SteadyTime steady_now() const noexcept override;

  /// Moves both clocks forward, at most to their last moment. A negative `length` moves nothing.
  void advance(Duration length) noexcept;

  /// Sets calendar time only, as an administrator would; may go backwards.
  void set(WallTime now) noexcept;

 private:
  std::atomic<std::int64_t> wall_;    // microseconds
  std::atomic<std::int64_t> steady_;  // nanoseconds
};

}  // namespace larder
