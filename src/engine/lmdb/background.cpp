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
  if (dirty_.load(std::memory_order_relaxed) &&
      (!sealed || sealed_.load(std::memory_order_relaxed))) {
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
  const SteadyTime now = Clock::system().steady_now();
  if (published == last_published_) {
    // Nobody writes: bring the rest to LMDB, where reading is fastest, and sleep.
    attempt("bring the log to the database", [&] {
      {
        const RobustLock lock(shared_.write_mutex, now);
        if (lock.owner_died()) log_.repair(now + options_.timeout);
        if (log_.published() != published) return;
        log_.seal();
      }
      log_.apply_sealed(nullptr, now + options_.timeout);
      dirty_.store(log_.state().active != LogState::none, std::memory_order_relaxed);
    });
    return;
  }
  last_published_ = published;
  if (options_.durability != Durability::consistent ||
      now - last_sync_ < options_.sync_interval / 2) {
    return;
  }
  attempt("sync the log", [&] { log_.sync_through(published); });
  last_sync_ = now;
}

}  // namespace larder::lmdb
