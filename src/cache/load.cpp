// SPDX-License-Identifier: Apache-2.0

// One load of a key at a time: among the threads of this process by a flight, which also shares
// what the loader throws; among processes by a claim on the key, which the death of its owner ends.

#include <algorithm>
#include <cmath>
#include <utility>

#include "cache/flights.h"
#include "cache/seen.h"
#include "cache/state.h"
#include "cache/table.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"
#include "larder/core/random.h"

namespace larder::detail {

namespace {

using Kind = LoadOutcome::Kind;

// Where nothing else is said. No load is waited for longer, which only keeps the sum in range.
constexpr auto long_enough = std::chrono::hours{24 * 365};
// The deadline of who has a value already.
constexpr SteadyTime no_wait{};

SteadyTime deadline_of(const LoadOptions& options) {
  return Clock::system().steady_now() +
         (options.timeout ? std::chrono::nanoseconds(*options.timeout) : long_enough);
}

/// One value in MessagePack that means nothing.
Bytes nil() { return {std::byte{0xC0}}; }

/// In (0, 1].
double random_part() {
  static thread_local Random random(random_seed());
  constexpr double steps = 1ULL << 53U;
  return (static_cast<double>(random() >> 11U) + 1) / steps;
}

enum class Freshness { fresh, early, stale };

// By a formula of Vattani, Chierichetti and Lowenstein (VLDB 2015), whether it is time to renew.
Freshness judge(const SeenEntry& entry, const LoadOptions& options, const Clock& clock) {
  if (!entry.expires_at) return Freshness::fresh;
  const WallTime now = clock.now();
  if (now >= *entry.expires_at) return Freshness::stale;
  if (options.early_refresh <= 0) return Freshness::fresh;
  const double ahead = static_cast<double>(entry.load_time.count()) * options.early_refresh *
                       -std::log(random_part());
  const auto left = static_cast<double>((*entry.expires_at - now).count());
  return ahead >= left ? Freshness::early : Freshness::fresh;
}

}  // namespace

/// The slow part of one call of `get_or_load()`.
class CacheCore::Loading {
 public:
  /// `stored_at`: of the value that was found, if one was.
  Loading(CacheCore& core, const Key& key, const LoadOptions& options, LoadType type,
          std::optional<WallTime> stored_at)
      : core_(core),
        state_(*core.state_),
        key_(key),
        options_(options),
        type_(type),
        stored_at_(stored_at),
        flight_key_(to_bytes(key.bytes())) {
    // Callers of another type must not get this one's bytes.
    append(flight_key_, std::as_bytes(std::span(&type_.schema, 1)));
    flight_key_.push_back(std::byte{type.may_be_absent});
  }

  Flights::Joined join(SteadyTime deadline) { return state_.flights.join(flight_key_, deadline); }
  Flights::TicketPtr try_start() { return state_.flights.try_start(flight_key_); }

  /// Loads under `ticket`, unless another process has just done so. Never throws.
  LoadOutcome run(Flights::Ticket& ticket, Load load, SteadyTime deadline) {
    ticket.begin();
    LoadOutcome outcome;
    try {
      outcome = run_alone(load, deadline);
    } catch (...) {
      outcome = {.kind = Kind::failed, .error = std::current_exception()};
    }
    ticket.land(outcome);
    return outcome;
  }

  void report(const LoadOutcome& outcome) const {
    if (outcome.kind != Kind::failed) return;
    try {
      std::rethrow_exception(outcome.error);
    } catch (const std::exception& error) {
      state_.log(LogLevel::warning,
                 "cache: " + key_.to_string() + " could not be loaded again: " + error.what());
    } catch (...) {
      state_.log(LogLevel::warning, "cache: " + key_.to_string() + " could not be loaded again");
    }
  }

 private:
  LoadOutcome run_alone(Load load, SteadyTime deadline) {
    Bytes name = to_bytes(as_bytes("load:"));
    append(name, state_.layout.record(key_.bytes()).view());
    ClaimPtr claim;
    try {
      claim = state_.engine->claim(name, deadline);
    } catch (const Error& error) {
      if (deadline != no_wait || !error.is_transient()) throw;
      return {};  // somebody else is loading what may still be returned
    }
    if (std::optional<LoadOutcome> outcome = renewed()) return std::move(*outcome);
    return compute(load);
  }

  // What has been stored since this call looked.
  std::optional<LoadOutcome> renewed() {
    LoadOutcome outcome{.kind = Kind::value};
    bool is_same = false;
    const Seen seen = core_.look_up(key_, type_.schema, {.max_age = options_.max_age},
                                    Staleness::refused, [&](const SeenEntry& entry) {
                                      is_same = stored_at_ == entry.stored_at;
                                      outcome.value = to_bytes(entry.value);
                                    });
    if (seen == Seen::absent && type_.may_be_absent) return LoadOutcome{.kind = Kind::absent};
    if (seen != Seen::hit || is_same) return std::nullopt;
    return outcome;
  }

  LoadOutcome compute(Load load) {
    const SteadyTime begin = state_.hooks.clock->steady_now();
    LoadOutcome outcome;
    state_.statistics.add(Event::load);
    try {
      outcome.kind = load(outcome.value) ? Kind::value : Kind::absent;
    } catch (...) {
      state_.statistics.add(Event::load_failure);
      throw;
    }
    const auto time =
        std::chrono::duration_cast<Duration>(state_.hooks.clock->steady_now() - begin);
    try {
      keep(outcome, std::max(time, Duration{1}));
    } catch (const Error& error) {
      state_.log(LogLevel::warning, "cache: the value that was loaded for " + key_.to_string() +
                                        " was not stored: " + error.what());
    }
    return outcome;
  }

  void keep(const LoadOutcome& outcome, Duration time) {
    if (outcome.kind == Kind::value) {
      core_.store(key_, type_.schema, outcome.value, options_.put, StoreMode::always, time);
    } else if (options_.absent_ttl) {
      const PutOptions put{.ttl = options_.absent_ttl, .tags = options_.put.tags};
      core_.store(key_, absent_schema, nil(), put, StoreMode::always);
    } else if (stored_at_) {
      core_.erase(key_);
    }
  }

  CacheCore& core_;
  const State& state_;
  const Key& key_;
  const LoadOptions& options_;
  LoadType type_;
  std::optional<WallTime> stored_at_;
  Bytes flight_key_;
};

void CacheCore::load(const Key& key, LoadType type, const LoadOptions& options, LoadCall call,
                     EntryVisitor visit) {
  if (CacheCore* part = part_of(key)) return part->load(key, type, options, call, visit);
  if (state_->is_read_only) {
    // Nothing can be stored, so nobody would have anything from waiting for another.
    const Seen seen =
        look_up(key, type.schema, {.max_age = options.max_age}, Staleness::refused, visit);
    Bytes value;
    if (seen != Seen::hit && (seen != Seen::absent || !type.may_be_absent)) call.run(value);
    return;
  }
  Freshness freshness = Freshness::fresh;
  std::optional<WallTime> stored_at;
  const Seen seen = look_up(key, type.schema, {.max_age = options.max_age}, Staleness::allowed,
                            [&](const SeenEntry& entry) {
                              visit(entry);
                              freshness = judge(entry, options, *state_->hooks.clock);
                              stored_at = entry.stored_at;
                            });
  if (seen != Seen::hit && (seen != Seen::absent || !type.may_be_absent)) {
    Tally tally;
    count_seen(seen, tally);
    state_->statistics.add(tally);
    Loading loading(*this, key, options, type, std::nullopt);
    return load_missing(loading, options, call.run, visit);
  }
  state_->statistics.add(Event::hit);
  if (freshness == Freshness::fresh) return;
  if (freshness == Freshness::stale) state_->statistics.add(Event::stale_hit);
  refresh(key, type, options, call, *stored_at);
}

void CacheCore::load_missing(Loading& loading, const LoadOptions& options, Load load,
                             EntryVisitor visit) {
  const SteadyTime deadline = deadline_of(options);
  for (;;) {
    const Flights::Joined joined = loading.join(deadline);
    bool has_run = false;
    const auto run = [&](Bytes& value) {
      has_run = true;
      return load(value);
    };
    const LoadOutcome outcome =
        joined.outcome ? *joined.outcome : loading.run(*joined.ticket, run, deadline);
    if (outcome.kind == Kind::given_up) continue;
    if (outcome.kind == Kind::failed) std::rethrow_exception(outcome.error);
    if (outcome.kind == Kind::value && !has_run) visit({.value = outcome.value});
    return;
  }
}

/// All that a load elsewhere needs, for as long as it needs it.
struct CacheCore::RefreshTask {
  RefreshTask(std::shared_ptr<CacheCore> core_, Key key_, LoadType type, LoadOptions options_,
              DetachedLoad load_, WallTime stored_at)
      : core(std::move(core_)),
        key(std::move(key_)),
        options(std::move(options_)),
        load(std::move(load_)),
        loading(*core, key, options, type, stored_at) {}

  std::shared_ptr<CacheCore> core;
  Key key;
  LoadOptions options;
  DetachedLoad load;
  Loading loading;
  Flights::TicketPtr ticket = nullptr;
};

void CacheCore::refresh(const Key& key, LoadType type, const LoadOptions& options, LoadCall call,
                        WallTime stored_at) {
  if (!options.refresh_on) {
    Loading loading(*this, key, options, type, stored_at);
    const Flights::TicketPtr ticket = loading.try_start();
    if (ticket != nullptr) loading.report(loading.run(*ticket, call.run, no_wait));
    return;
  }
  const auto task = std::make_shared<RefreshTask>(shared_from_this(), key, type, options,
                                                  call.detach(), stored_at);
  task->ticket = task->loading.try_start();
  if (task->ticket == nullptr) return;
  options.refresh_on(
      [task] { task->loading.report(task->loading.run(*task->ticket, task->load, no_wait)); });
}

}  // namespace larder::detail
