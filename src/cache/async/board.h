// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "engine/notifications.h"
#include "larder/cache/detail/async_core.h"
#include "larder/core/mutex.h"

namespace larder::detail {

using AsyncTaskPtr = std::shared_ptr<AsyncTask>;

/// Where a task is on its way. Belongs to the board, but for what is set before it gets there.
struct AsyncTask::Course {
  enum class Phase {
    queued,   // waits for its lane
    posted,   // waits for the executor
    running,  // is being attempted
    parked,   // waits for others
    settled,  // is over
  };
  using Timers = std::multimap<SteadyTime, AsyncTaskPtr>;
  using OnStop = std::stop_callback<std::function<void()>>;

  explicit Course(AsyncLane lane_) : home(lane_), lane(lane_) {}

  AsyncLane home;  // where it begins, and goes on after it has waited
  std::optional<SteadyTime> deadline = std::nullopt;
  std::stop_token stop = {};
  std::weak_ptr<AsyncCore> core = {};

  AsyncLane lane;
  Phase phase = Phase::settled;
  bool is_woken = false;  // while it was running
  std::shared_ptr<const Awaited> change = nullptr;
  std::optional<Timers::iterator> timer = std::nullopt;
  std::optional<OnStop> on_stop = std::nullopt;  // last: goes first
};

/// What is to be done after the board was changed, without its lock.
struct AsyncCore::Effects {
  std::vector<std::pair<AsyncTaskPtr, AsyncLane>> posts = {};
  std::vector<std::pair<AsyncTaskPtr, std::exception_ptr>> answers = {};
  bool concerns_watcher = false;
};

/// All operations of one `AsyncCore` in one process, and where they are.
///
/// Thread-safe. Calls nothing but engines, to see whether something has changed.
class AsyncCore::Board {
 public:
  explicit Board(std::size_t threads);

  [[nodiscard]] Effects add(const AsyncTaskPtr& task);
  /// Returns false if the task is no longer to be attempted. Otherwise `end()` and `leave()`
  /// follow.
  [[nodiscard]] bool begin(const AsyncTaskPtr& task, AsyncLane which, Effects& effects);
  [[nodiscard]] Effects end(const AsyncTaskPtr& task, AsyncLane which, const AsyncStep& step,
                            const std::exception_ptr& error);
  void leave();
  /// The executor did not do what it was given.
  [[nodiscard]] Effects drop(const AsyncTaskPtr& task, AsyncLane which);
  [[nodiscard]] Effects wake(const AsyncTaskPtr& task);
  /// Ends a task that is not being attempted.
  [[nodiscard]] Effects stop(const AsyncTaskPtr& task);

  /// What the watcher waits for next.
  struct Outlook {
    std::vector<Awaited> awaited = {};
    SteadyTime until = {};
    std::uint32_t rings = 0;
  };
  /// Wakes what there is something new for. Returns nothing once closed.
  [[nodiscard]] std::optional<Outlook> look(Effects& effects);
  /// Calls `watch` in a thread, unless there is one already, and has it look again.
  void alert(std::function<void()> watch);
  [[nodiscard]] const Bell& bell() const noexcept { return bell_; }

  [[nodiscard]] Effects close();
  [[nodiscard]] bool is_closed() const noexcept { return closed_.load(); }
  /// Waits until no more than `own` tasks are being attempted, and for the watcher.
  void wait_for_end(std::size_t own);

 private:
  using Phase = AsyncTask::Course::Phase;
  struct Lane {
    std::size_t most = 0;
    std::size_t used = 0;
    std::deque<AsyncTaskPtr> queue = {};
  };

  static AsyncTask::Course& course(const AsyncTaskPtr& task) { return *task->course_; }
  Lane& lane(AsyncLane which) LARDER_REQUIRES(mutex_) {
    return lanes_[static_cast<std::size_t>(which)];
  }
  void enqueue(const AsyncTaskPtr& task, Effects& effects) LARDER_REQUIRES(mutex_);
  void pump(AsyncLane which, Effects& effects) LARDER_REQUIRES(mutex_);
  void free_place(AsyncLane which, Effects& effects) LARDER_REQUIRES(mutex_);
  void park(const AsyncTaskPtr& task, const AsyncStep& step, Effects& effects)
      LARDER_REQUIRES(mutex_);
  void settle(const AsyncTaskPtr& task, const std::exception_ptr& error, Effects& effects)
      LARDER_REQUIRES(mutex_);
  void set_timer(const AsyncTaskPtr& task, std::optional<SteadyTime> at, Effects& effects)
      LARDER_REQUIRES(mutex_);
  /// Why it should not go on, or null.
  const char* reason_to_end(const AsyncTaskPtr& task) const LARDER_REQUIRES(mutex_);

  Bell bell_;
  std::atomic<bool> closed_{false};
  Mutex mutex_;
  CondVar left_;
  std::array<Lane, 3> lanes_ LARDER_GUARDED_BY(mutex_);
  std::set<AsyncTaskPtr> live_ LARDER_GUARDED_BY(mutex_);
  std::set<AsyncTaskPtr> parked_ LARDER_GUARDED_BY(mutex_);  // which wait for a change
  AsyncTask::Course::Timers timers_ LARDER_GUARDED_BY(mutex_);
  std::size_t running_ LARDER_GUARDED_BY(mutex_) = 0;
  std::thread watcher_ LARDER_GUARDED_BY(mutex_);
};

}  // namespace larder::detail
