// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/background.h"

#include "engine/lmdb/warn.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

/// The fewer segments wait, the more often the same pages are written; the more, the less room is
/// left for writers while they are applied.
constexpr std::size_t worth_applying = most_sealed / 2;

}  // namespace

Background::Background(const LmdbOptions& options, const EngineHooks& hooks, SharedPage& shared,
                       Log& log, DurableHooks& durable_hooks)
    : options_(options),
      hooks_(hooks),
      shared_(shared),
      log_(log),
      durable_hooks_(durable_hooks),
      applier_([this](Worker& worker) { run_applier(worker); }),
      syncer_([this](Worker& worker) { run_syncer(worker); }) {}

void Background::wrote() {
  const bool urgent = log_.state().sealed_count() >= worth_applying;
  if (!dirty_.load() || (urgent && !urgent_.load(std::memory_order_relaxed))) {
    dirty_.store(true);
    if (urgent) urgent_.store(true, std::memory_order_relaxed);
    applier_.wake();
  }
  if (options_.durability != Durability::consistent) return;
  const bool hurries = durable_hooks_.is_crowded();
  if (!unsynced_.load() || hurries) {
    unsynced_.store(true);
    syncer_.wake();
  }
}

bool Background::attempt(const char* failure, FunctionRef<void()> body) {
  try {
    body();
    return true;
  } catch (const std::exception& error) {
    warn(options_, hooks_, failure, error);
    return false;
  }
}

void Background::run_applier(Worker& worker) {
  for (;;) {
    if (urgent_.exchange(false, std::memory_order_relaxed)) {
      attempt("cannot bring the log to the database yet", [this] {
        log_.apply_sealed(nullptr, Clock::system().steady_now() + options_.timeout, worth_applying);
      });
    }
    const Worker::Why why =
        dirty_.load() ? worker.wait_for(options_.sync_interval / 4) : worker.wait();
    if (why == Worker::Why::stopped) return;
    if (why == Worker::Why::timed_out) tick();
  }
}

void Background::run_syncer(Worker& worker) {
  for (;;) {
    const Worker::Why why =
        unsynced_.load() ? worker.wait_for(options_.sync_interval / 2) : worker.wait();
    if (why == Worker::Why::stopped) return;
    if (why == Worker::Why::woken && !durable_hooks_.is_crowded()) continue;
    // First off, then the look: a write in between either is seen here or wakes us.
    unsynced_.store(false);
    const std::uint64_t published = shared_.published.load();
    if (attempt("cannot sync the log yet", [&] { log_.sync_through(published); })) {
      durable_hooks_.run_through(published);
    } else if (!log_.whereabouts().is_lost()) {
      unsynced_.store(true);
    }
  }
}

void Background::tick() {
  if (!attempt("cannot go on yet", [this] { log_.whereabouts().look(); }))
    return dirty_.store(false);
  const std::uint64_t published = log_.published();
  const bool quiet = published == last_published_;
  last_published_ = published;
  // If nobody writes: bring the rest to LMDB, where reading is fastest, and sleep.
  attempt("cannot bring the log to the database yet", [&] {
    if (quiet) {
      settle();
    } else if (log_.state().sealed != 0) {
      log_.apply_sealed(nullptr, Clock::system().steady_now() + options_.timeout);
    }
  });
}

void Background::settle() {
  const SteadyTime now = Clock::system().steady_now();
  try {
    const RobustLock lock(shared_.write_mutex, now);
    log_.repair(now + options_.timeout);
    if (log_.published() != last_published_) return;
    log_.seal();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unavailable) return;  // somebody does write
    throw;
  }
  log_.apply_sealed(nullptr, now + options_.timeout);
  // First off, then the look: a write in between either is seen here or sees that it must wake us.
  dirty_.store(false);
  const LogState left = log_.state();
  if (left.active != LogState::none || left.sealed != 0) dirty_.store(true);
}

}  // namespace larder::lmdb
