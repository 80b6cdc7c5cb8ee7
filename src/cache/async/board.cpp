// SPDX-License-Identifier: Apache-2.0
#include "cache/async/board.h"

#include <algorithm>
#include <limits>
#include <string>

#include "core/quiet_thread.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

constexpr const char* is_late = "cache: the operation did not come to its end in time";
constexpr const char* was_stopped = "cache: the operation was stopped";
constexpr const char* is_at_the_end = "cache: the AsyncCache of the operation goes";
constexpr const char* was_dropped = "cache: the executor dropped the operation";

// The watcher has nothing to look for.
constexpr std::chrono::hours long_time{1};

std::exception_ptr gave_up(const char* why) {
  return std::make_exception_ptr(Error(ErrorKind::unavailable, why));
}

}  // namespace

AsyncCore::Board::Board(std::size_t threads) {
  const std::size_t all = std::max<std::size_t>(threads, 4);
  lane(AsyncLane::read).most = std::numeric_limits<std::size_t>::max();
  lane(AsyncLane::write).most = all / 4;
  lane(AsyncLane::load).most = all / 2;
}

AsyncCore::Effects AsyncCore::Board::add(const AsyncTaskPtr& task) {
  Effects effects;
  const MutexLock lock(mutex_);
  live_.insert(task);
  if (const char* why = reason_to_end(task)) {
    settle(task, gave_up(why), effects);
    return effects;
  }
  set_timer(task, course(task).deadline, effects);
  enqueue(task, effects);
  return effects;
}

bool AsyncCore::Board::begin(const AsyncTaskPtr& task, AsyncLane which, Effects& effects) {
  const MutexLock lock(mutex_);
  if (course(task).phase != Phase::posted) {
    free_place(which, effects);
    return false;
  }
  course(task).phase = Phase::running;
  course(task).is_woken = false;
  ++running_;
  return true;
}

AsyncCore::Effects AsyncCore::Board::end(const AsyncTaskPtr& task, AsyncLane which,
                                         const AsyncStep& step, const std::exception_ptr& error) {
  Effects effects;
  const MutexLock lock(mutex_);
  const char* const why = reason_to_end(task);
  if (error != nullptr || step.next == AsyncStep::Next::nothing) {
    settle(task, error, effects);
  } else if (why != nullptr) {
    settle(task, gave_up(why), effects);
  } else if (step.next == AsyncStep::Next::load) {
    course(task).lane = AsyncLane::load;
    enqueue(task, effects);
  } else {
    course(task).lane = course(task).home;
    if (course(task).is_woken) {
      enqueue(task, effects);
    } else {
      park(task, step, effects);
    }
  }
  free_place(which, effects);
  return effects;
}

void AsyncCore::Board::leave() {
  // Told under the lock: who waits may destroy the board at once.
  const MutexLock lock(mutex_);
  --running_;
  left_.notify_all();
}

AsyncCore::Effects AsyncCore::Board::drop(const AsyncTaskPtr& task, AsyncLane which) {
  Effects effects;
  const MutexLock lock(mutex_);
  if (course(task).phase == Phase::posted) settle(task, gave_up(was_dropped), effects);
  free_place(which, effects);
  return effects;
}

AsyncCore::Effects AsyncCore::Board::wake(const AsyncTaskPtr& task) {
  Effects effects;
  const MutexLock lock(mutex_);
  course(task).is_woken = true;
  if (course(task).phase == Phase::parked) {
    set_timer(task, course(task).deadline, effects);
    enqueue(task, effects);
  }
  return effects;
}

AsyncCore::Effects AsyncCore::Board::stop(const AsyncTaskPtr& task) {
  Effects effects;
  const MutexLock lock(mutex_);
  const Phase phase = course(task).phase;
  if (phase != Phase::running && phase != Phase::settled) {
    settle(task, gave_up(was_stopped), effects);
  }
  return effects;
}

std::optional<AsyncCore::Board::Outlook> AsyncCore::Board::look(Effects& effects) {
  Outlook outlook{.rings = bell_.rings()};
  const MutexLock lock(mutex_);
  if (closed_) return std::nullopt;
  const SteadyTime now = Clock::system().steady_now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const AsyncTaskPtr task = timers_.begin()->second;
    const bool is_over = course(task).deadline && *course(task).deadline <= now;
    set_timer(task, is_over ? std::nullopt : course(task).deadline, effects);
    if (course(task).phase == Phase::running) continue;
    if (is_over) {
      settle(task, gave_up(is_late), effects);
    } else if (course(task).phase == Phase::parked) {
      enqueue(task, effects);
    }
  }
  for (auto next = parked_.begin(); next != parked_.end();) {
    const AsyncTaskPtr task = *next++;
    const Awaited& change = *course(task).change;
    if (change.engine->notifications(change.name) == change.seen) {
      outlook.awaited.push_back(change);
    } else {
      set_timer(task, course(task).deadline, effects);
      enqueue(task, effects);
    }
  }
  outlook.until = timers_.empty() ? now + long_time : timers_.begin()->first;
  return outlook;
}

void AsyncCore::Board::alert(std::function<void()> watch) {
  {
    const MutexLock lock(mutex_);
    if (!watcher_.joinable() && !closed_) watcher_ = start_quiet_thread(std::move(watch));
  }
  bell_.ring();
}

AsyncCore::Effects AsyncCore::Board::close() {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    for (auto next = live_.begin(); next != live_.end();) {
      const AsyncTaskPtr task = *next++;
      if (course(task).phase != Phase::running) settle(task, gave_up(is_at_the_end), effects);
    }
  }
  bell_.ring();
  return effects;
}

void AsyncCore::Board::wait_for_end(std::size_t own) {
  std::thread watcher;
  {
    const MutexLock lock(mutex_);
    while (running_ > own) left_.wait(mutex_);
    watcher.swap(watcher_);
  }
  if (watcher.get_id() == std::this_thread::get_id()) {
    watcher.detach();
  } else if (watcher.joinable()) {
    watcher.join();
  }
}

void AsyncCore::Board::enqueue(const AsyncTaskPtr& task, Effects& effects) {
  parked_.erase(task);
  course(task).phase = Phase::queued;
  lane(course(task).lane).queue.push_back(task);
  pump(course(task).lane, effects);
}

void AsyncCore::Board::pump(AsyncLane which, Effects& effects) {
  Lane& there = lane(which);
  while (there.used < there.most && !there.queue.empty()) {
    const AsyncTaskPtr task = std::move(there.queue.front());
    there.queue.pop_front();
    if (course(task).phase != Phase::queued) continue;
    course(task).phase = Phase::posted;
    ++there.used;
    effects.posts.emplace_back(task, which);
  }
}

void AsyncCore::Board::free_place(AsyncLane which, Effects& effects) {
  --lane(which).used;
  pump(which, effects);
}

void AsyncCore::Board::park(const AsyncTaskPtr& task, const AsyncStep& step, Effects& effects) {
  course(task).phase = Phase::parked;
  course(task).change = step.change;
  if (step.change != nullptr) {
    parked_.insert(task);
    effects.concerns_watcher = true;
  }
  std::optional<SteadyTime> at = course(task).deadline;
  if (step.look_again) at = std::min(*step.look_again, at.value_or(*step.look_again));
  set_timer(task, at, effects);
}

void AsyncCore::Board::settle(const AsyncTaskPtr& task, const std::exception_ptr& error,
                              Effects& effects) {
  course(task).phase = Phase::settled;
  // The watcher keeps the engine of what it waits for.
  if (parked_.erase(task) != 0) effects.concerns_watcher = true;
  set_timer(task, std::nullopt, effects);
  live_.erase(task);
  effects.answers.emplace_back(task, error);
}

void AsyncCore::Board::set_timer(const AsyncTaskPtr& task, std::optional<SteadyTime> at,
                                 Effects& effects) {
  std::optional<AsyncTask::Course::Timers::iterator>& timer = course(task).timer;
  if (timer) timers_.erase(*std::exchange(timer, std::nullopt));
  if (!at) return;
  timer = timers_.emplace(*at, task);
  if (*timer == timers_.begin()) effects.concerns_watcher = true;
}

const char* AsyncCore::Board::reason_to_end(const AsyncTaskPtr& task) const {
  if (closed_) return is_at_the_end;
  if (course(task).stop.stop_requested()) return was_stopped;
  const std::optional<SteadyTime>& deadline = course(task).deadline;
  return deadline && *deadline <= Clock::system().steady_now() ? is_late : nullptr;
}

}  // namespace larder::detail
