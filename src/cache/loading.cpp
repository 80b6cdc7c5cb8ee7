// SPDX-License-Identifier: Apache-2.0
#include "cache/loading.h"

#include <algorithm>
#include <utility>

#include "cache/seen.h"
#include "cache/table.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

using Kind = LoadOutcome::Kind;

/// One value in MessagePack that means nothing.
Bytes nil() { return {std::byte{0xC0}}; }

// Tells that it was given back: to those who cannot wait for the claim itself, as they have no
// thread to do so.
struct ClaimToTell {
  Engine& engine;
  const Bytes& name;
  ClaimPtr claim = nullptr;

  ClaimToTell(Engine& engine_, const Bytes& name_) : engine(engine_), name(name_) {}
  ClaimToTell(const ClaimToTell&) = delete;
  ClaimToTell& operator=(const ClaimToTell&) = delete;
  ~ClaimToTell() {
    if (claim == nullptr) return;
    claim.reset();
    engine.notify(name);
  }
};

}  // namespace

void report_not_stored(const CacheCore::State& state, const Key& key, const Error& error) {
  state.log(LogLevel::warning, "cache: the value that was loaded for " + key.to_string() +
                                   " was not stored: " + error.what());
}

CacheCore::Loading::Loading(CacheCore& core, const Key& key, const LoadOptions& options,
                            LoadType type, std::optional<WallTime> stored_at)
    : core_(core),
      state_(*core.state_),
      key_(key),
      options_(options),
      type_(type),
      stored_at_(stored_at),
      flight_key_(to_bytes(key.bytes())),
      name_(to_bytes(as_bytes("load:"))) {
  // Callers of another type must not get this one's bytes.
  append(flight_key_, std::as_bytes(std::span(&type_.schema, 1)));
  flight_key_.push_back(std::byte{type.may_be_absent});
  flight_key_.push_back(std::byte{type.may_be_unstored});
  append(name_, state_.layout.record(key_.bytes()).view());
}

void CacheCore::Loading::finish(Load load, EntryVisitor visit) {
  const SteadyTime deadline = this->deadline();
  for (;;) {
    const Flights::Joined joined = state_.flights.join(flight_key_, deadline);
    if (joined.outcome) {
      if (show(*joined.outcome, visit)) return;
    } else if (run_and_show(*joined.ticket, load, visit, deadline)) {
      return;
    }
  }
}

bool CacheCore::Loading::run_and_show(Flights::Ticket& ticket, Load load, EntryVisitor visit,
                                      SteadyTime deadline) {
  bool has_run = false;
  const auto run_it = [&](Bytes& value) {
    has_run = true;
    return load(value);
  };
  const LoadOutcome outcome = run(ticket, run_it, deadline);
  // The loader has shown its value itself.
  return show(outcome, [&](const SeenEntry& entry) {
    if (!has_run) visit(entry);
  });
}

bool CacheCore::Loading::show(const LoadOutcome& outcome, EntryVisitor visit) {
  if (outcome.kind == Kind::given_up) return false;
  if (outcome.kind == Kind::failed) std::rethrow_exception(outcome.error);
  if (outcome.kind == Kind::value) visit({.value = outcome.value});
  return true;
}

void CacheCore::Loading::run_for_nobody_else(Load load) {
  Bytes value;
  load(value);
}

SteadyTime CacheCore::Loading::deadline() const { return waiting_deadline(options_.timeout); }

LoadOutcome CacheCore::Loading::run(Flights::Ticket& ticket, Load load, SteadyTime deadline) {
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

void CacheCore::Loading::report(const LoadOutcome& outcome) const {
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

LoadOutcome CacheCore::Loading::run_alone(Load load, SteadyTime deadline) {
  ClaimToTell held(*state_.engine, name_);
  try {
    held.claim = state_.engine->claim(name_, deadline);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::full) return compute(load);  // rather twice than never
    // The only claims are those of loads.
    if (error.kind() == ErrorKind::invalid_argument) refuse_circle();
    if (deadline != no_wait || !error.is_transient()) throw;
    return {};  // somebody else is loading what may still be returned
  }
  if (std::optional<LoadOutcome> outcome = renewed()) return std::move(*outcome);
  return compute(load);
}

std::optional<LoadOutcome> CacheCore::Loading::renewed() {
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

LoadOutcome CacheCore::Loading::compute(Load load) {
  const SteadyTime begin = state_.hooks.clock->steady_now();
  LoadOutcome outcome;
  state_.statistics.add(Event::load);
  try {
    outcome.kind = load(outcome.value) ? Kind::value : Kind::absent;
  } catch (...) {
    state_.statistics.add(Event::load_failure);
    throw;
  }
  const auto time = std::chrono::duration_cast<Duration>(state_.hooks.clock->steady_now() - begin);
  try {
    keep(outcome, std::max(time, Duration{1}));
  } catch (const Error& error) {
    report_not_stored(state_, key_, error);
  }
  return outcome;
}

void CacheCore::Loading::keep(const LoadOutcome& outcome, Duration time) {
  if (outcome.kind == Kind::absent && type_.may_be_unstored) return;
  if (outcome.kind == Kind::value) {
    core_.store(key_, type_.schema, outcome.value, options_.put, StoreMode::always, time);
  } else if (options_.absent_ttl) {
    const PutOptions put{.ttl = options_.absent_ttl, .tags = options_.put.tags};
    core_.store(key_, absent_schema, nil(), put, StoreMode::always);
  } else if (stored_at_) {
    core_.erase(key_);
  }
}

}  // namespace larder::detail
