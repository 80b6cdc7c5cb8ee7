// SPDX-License-Identifier: Apache-2.0
#include "cache/reaper.h"

#include <algorithm>
#include <string>
#include <thread>

#include "cache/state.h"
#include "cache/table.h"
#include "core/quiet_thread.h"
#include "larder/core/error.h"
#include "larder/core/mutex.h"
#include "larder/core/process.h"

namespace larder::detail {

namespace {

constexpr std::uint64_t batch = 64;
constexpr Duration shortest = std::chrono::milliseconds{1};
constexpr Duration longest = std::chrono::hours{24};

}  // namespace

class Reaper::Running {
 public:
  Running(const CacheCore::State& state, Duration interval)
      : state_(state), interval_(std::clamp(interval, shortest, longest)) {
    thread_ = start_quiet_thread([this] { run(); });
  }

  void stop() {
    {
      const MutexLock lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void run() {
    // Kept while this thread lives: the others look in vain, and take over when it goes.
    ClaimPtr claim;
    while (wait()) {
      try {
        if (!claim) claim = take_turn();
        if (claim) reap();
      } catch (const std::exception& error) {
        state_.log(LogLevel::warning,
                   std::string("cache: expired entries were not removed: ") + error.what());
      }
    }
  }

  // Returns whether to go on.
  bool wait() {
    const SteadyTime until = Clock::system().steady_now() + interval_;
    const MutexLock lock(mutex_);
    while (!stop_) {
      if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) break;
    }
    return !stop_;
  }

  bool is_stopping() {
    const MutexLock lock(mutex_);
    return stop_;
  }

  ClaimPtr take_turn() {
    Bytes name = to_bytes(as_bytes("reaper."));
    append(name, state_.layout.prefix());
    try {
      // Claims are waited for in real time, whatever clock the cache was given.
      return state_.engine->claim(name, Clock::system().steady_now());
    } catch (const Error& error) {
      if (!error.is_transient() && error.kind() != ErrorKind::full) throw;
      return nullptr;
    }
  }

  // Writers get their turn between two batches.
  void reap() {
    while (!is_stopping()) {
      if (state_.meta().next_expiry > state_.hooks.clock->now()) return;
      const Table::Batch done = update(state_, {.deadline = std::nullopt, .frees_space = true},
                                       [](Table& table) { return table.expire(batch); });
      if (done.is_last) return;
    }
  }

  const CacheCore::State& state_;
  Duration interval_;
  Mutex mutex_;
  CondVar changed_;
  bool stop_ LARDER_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

Reaper::Reaper(const CacheCore::State& state, Duration interval)
    : running_(std::make_unique<Running>(state, interval)), generation_(fork_generation()) {}

Reaper::~Reaper() {
  if (generation_ == fork_generation()) {
    running_->stop();
  } else {
    // The thread is the parent's, and what it held at the fork is locked for ever.
    static_cast<void>(running_.release());
  }
}

}  // namespace larder::detail
