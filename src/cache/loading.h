// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include "cache/flights.h"
#include "cache/state.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"

namespace larder::detail {

/// The deadline of who does not want to wait.
inline constexpr SteadyTime no_wait{};

/// Tells the log hook that a value that was computed is not kept.
void report_not_stored(const CacheCore::State& state, const Key& key, const Error& error);

/// The slow part of one call of `get_or_load()`.
///
/// Not thread-safe.
class CacheCore::Loading {
 public:
  /// `stored_at`: of the value that was found, if one was. What is referred to must outlive this.
  Loading(CacheCore& core, const Key& key, const LoadOptions& options, LoadType type,
          std::optional<WallTime> stored_at);

  /// Waits for another caller that is loading, or loads. `visit` gets the value if it is not what
  /// `load` came to.
  void finish(Load load, EntryVisitor visit);

  /// As `run()`, and shows or throws what came of it. Returns false if that was `given_up`.
  bool run_and_show(Flights::Ticket& ticket, Load load, EntryVisitor visit, SteadyTime deadline);
  static bool show(const LoadOutcome& outcome, EntryVisitor visit);

  /// Loads where nothing can be stored, so that nobody would have anything from waiting for it.
  static void run_for_nobody_else(Load load);

  /// When who waits from now on gives up.
  [[nodiscard]] SteadyTime deadline() const;

  Flights::TicketPtr try_start() { return state_.flights.try_start(flight_key_); }
  Flights::TicketPtr start_or_listen(Flights::Listener listener) {
    return state_.flights.start_or_listen(flight_key_, std::move(listener));
  }
  bool listen(Flights::Listener listener) {
    return state_.flights.listen(flight_key_, std::move(listener));
  }

  /// Loads under `ticket`, unless another process has just done so. Never throws. With `no_wait`,
  /// the outcome is `given_up` if another process is loading.
  LoadOutcome run(Flights::Ticket& ticket, Load load, SteadyTime deadline);

  /// What has been stored since the caller looked, if anything has.
  [[nodiscard]] std::optional<LoadOutcome> renewed();

  /// Tells the log hook if `outcome` is a failure.
  void report(const LoadOutcome& outcome) const;

  /// What the engine knows the load by: notified when a process has ended one.
  [[nodiscard]] const Bytes& name() const noexcept { return name_; }

 private:
  LoadOutcome run_alone(Load load, SteadyTime deadline);
  LoadOutcome compute(Load load);
  void keep(const LoadOutcome& outcome, Duration time);

  CacheCore& core_;
  const State& state_;
  const Key& key_;
  const LoadOptions& options_;
  LoadType type_;
  std::optional<WallTime> stored_at_;
  Bytes flight_key_;
  Bytes name_;
};

}  // namespace larder::detail
