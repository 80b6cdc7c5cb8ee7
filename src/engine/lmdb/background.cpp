// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/background.h"

#include <csignal>
#include <string>

#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

/// Starts a thread that gets no signals, so that none interrupts it instead of the program.
template <typename Body>
std::thread start_quiet_thread(Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread(body);
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

Background::Background(const LmdbOptions& options, const EngineHooks& hooks, SharedPage& shared,
                       Log& log)
    : options_(options), hooks_(hooks), shared_(shared), log_(log) {}

Background::~Background() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    stop_ = true;
    thread.swap(thread_);
  }
  wake_.notify_all();
  if (thread.joinable()) thread.join();
}

void Background::wrote() {
  const bool sealed = log_.state().sealed != LogState::none;
  if (dirty_.load() && (!sealed || sealed_.load(std::memory_order_relaxed))) {
    return;
  }
  {
    const MutexLock lock(mutex_);
    dirty_.store(true, std::memory_order_relaxed);
    if (sealed) sealed_.store(true, std::memory_order_relaxed);
    if (!thread_.joinable() && !stop_) thread_ = start_quiet_thread([this] { run(); });
  }
  wake_.notify_one();
}

void Background::attempt(const char* what, FunctionRef<void()> body) {
  try {
    body();
  } catch (const std::exception& error) {
    if (!hooks_.log) return;
    hooks_.log(LogLevel::warning,
               options_.path.string() + ": cannot " + what + " yet: " + error.what());
  }
}

void Background::run() {
  mutex_.lock();
  while (!stop_) {
    if (sealed_.exchange(false, std::memory_order_relaxed)) {
      mutex_.unlock();
      attempt("bring the log to the database", [this] {
        log_.apply_sealed(nullptr, Clock::system().steady_now() + options_.timeout);
      });
      mutex_.lock();
    } else if (!dirty_.load(std::memory_order_relaxed)) {
      wake_.wait(mutex_);
    } else {
      const auto status = wake_.wait_for(mutex_, options_.sync_interval / 4);
      if (status == std::cv_status::no_timeout) continue;
      mutex_.unlock();
      tick();
      mutex_.lock();
    }
  }
  mutex_.unlock();
}

void Background::tick() {
  const std::uint64_t published = log_.published();
  // If nobody writes: bring the rest to LMDB, where reading is fastest, and sleep.
  if (published == last_published_) attempt("bring the log to the database", [this] { settle(); });
  last_published_ = published;
  const SteadyTime now = Clock::system().steady_now();
  if (options_.durability != Durability::consistent ||
      shared_.synced.load(std::memory_order_acquire) >= published ||
      now - last_sync_ < options_.sync_interval / 2) {
    return;
  }
  attempt("sync the log", [&] { log_.sync_through(published); });
  last_sync_ = now;
}

void Background::settle() {
  const SteadyTime now = Clock::system().steady_now();
  try {
    const RobustLock lock(shared_.write_mutex, now);
    if (lock.owner_died()) log_.repair(now + options_.timeout);
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
  if (left.active != LogState::none || left.sealed != LogState::none) dirty_.store(true);
}

}  // namespace larder::lmdb
