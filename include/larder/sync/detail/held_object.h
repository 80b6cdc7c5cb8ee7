// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "larder/core/clock.h"
#include "larder/engine/engine.h"
#include "larder/key/key.h"
#include "larder/sync/lock_kind.h"

namespace larder::detail {

/// `now + timeout`, at most the last moment there is.
template <typename Rep, typename Period>
[[nodiscard]] SteadyTime after(std::chrono::duration<Rep, Period> timeout) {
  const SteadyTime now = Clock::system().steady_now();
  // In a type that cannot overflow: a caller may well ask for hours::max().
  using Wide = std::chrono::duration<double>;
  if (timeout <= timeout.zero()) return now;
  if (Wide(timeout) >= Wide(SteadyTime::max() - now) / 2) return SteadyTime::max();
  return now + std::chrono::ceil<SteadyTime::duration>(timeout);
}

/// The steady moment that corresponds to `moment` of any clock.
template <typename AnyClock, typename AnyDuration>
[[nodiscard]] SteadyTime as_steady(std::chrono::time_point<AnyClock, AnyDuration> moment) {
  if constexpr (std::is_same_v<AnyClock, SteadyTime::clock>) {
    return std::chrono::time_point_cast<SteadyTime::duration>(moment);
  } else {
    return after(moment - AnyClock::now());
  }
}

/// Something with a name and a capacity, of which threads of all processes hold parts.
///
/// Thread-safe.
class HeldObject {
 public:
  /// What a thread gets that holds it already.
  enum class Again {
    refused,  ///< An error.
    counted,  ///< The same part once more, to be released once more.
    another,  ///< Another part.
  };
  /// How much of the capacity somebody wants.
  struct Want {
    std::uint32_t weight = 1;
    Again again = Again::refused;
  };

  /// @throws Error `denied` if the engine is read-only
  HeldObject(EnginePtr engine, LockKind kind, const Key& name, std::uint32_t capacity);

  /// Takes it, and waits until `deadline`, in the order of all who do. False if it was not to be
  /// had by then.
  /// @throws Error `invalid_argument` inside a transaction of the engine, unless it is counted
  bool take_until(const Want& want, SteadyTime deadline) const;
  void take(const Want& want) const { static_cast<void>(take_until(want, SteadyTime::max())); }
  bool try_take(const Want& want) const { return take_until(want, SteadyTime::min()); }

  /// Lets go what this thread took last, which was `weight`.
  /// @throws Error `invalid_argument` if it did not
  void release(std::uint32_t weight) const;

  /// Whether this thread has it, and nobody took it away.
  [[nodiscard]] bool is_held() const;
  /// The token of what this thread took last.
  /// @throws Error `invalid_argument` if this thread has nothing
  [[nodiscard]] std::uint64_t token() const;
  /// @throws Error `invalid_argument` inside a view or an update of the engine
  void expect_no_transaction() const;
  /// How many threads wait.
  [[nodiscard]] std::size_t waiting() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace larder::detail
