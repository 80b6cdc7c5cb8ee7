// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "larder/cache/async_options.h"
#include "larder/cache/cache.h"
#include "larder/core/clock.h"
#include "larder/core/executor.h"

namespace larder {
struct Awaited;
}  // namespace larder

namespace larder::detail {

class AsyncCore;

/// What an operation does, as far as others may have to wait for it: each kind has threads that the
/// others leave to it.
enum class AsyncLane { read, write, load };

/// What came of one attempt at an operation.
struct AsyncStep {
  enum class Next {
    nothing,  ///< It is done.
    load,     ///< Attempt it again in `AsyncLane::load`.
    wait,     ///< Attempt it again after one of the following, or when its waker is called.
  };

  Next next = Next::nothing;
  std::shared_ptr<const Awaited> change = nullptr;
  std::optional<SteadyTime> look_again = std::nullopt;
};

/// When to give up an operation.
struct AsyncLimits {
  std::optional<std::chrono::nanoseconds> within = std::nullopt;  ///< From its start.
  std::stop_token stop = {};
};

/// One operation on its way.
class AsyncTask : public std::enable_shared_from_this<AsyncTask> {
 public:
  explicit AsyncTask(AsyncLane lane);
  AsyncTask(const AsyncTask&) = delete;
  AsyncTask& operator=(const AsyncTask&) = delete;
  virtual ~AsyncTask();

  /// Has the task attempted again if it waits, or else as soon as it would. May be called at any
  /// time, in any thread.
  [[nodiscard]] std::function<void()> waker();

 private:
  friend class AsyncCore;
  struct Course;

  /// Does what can be done without waiting for other callers. Never runs twice at a time.
  virtual AsyncStep attempt() = 0;
  /// Called once, last: `error` is null if the last attempt was the end of it. Must not throw.
  virtual void answer(std::exception_ptr error) = 0;

  std::unique_ptr<Course> course_;
};

/// Attempts operations on an executor, in lanes, and wakes those that wait.
///
/// Thread-safe. Operations of the parent are not there in the child of a fork.
class AsyncCore : public std::enable_shared_from_this<AsyncCore> {
 public:
  AsyncCore(Cache cache, AsyncOptions options);
  AsyncCore(const AsyncCore&) = delete;
  AsyncCore& operator=(const AsyncCore&) = delete;
  ~AsyncCore();

  [[nodiscard]] Cache& cache() noexcept { return cache_; }

  void start(const std::shared_ptr<AsyncTask>& task, const AsyncLimits& limits);

  /// Calls `call` on `resume_on`; if it is empty, where the options say.
  void deliver(const Executor& resume_on, std::function<void()> call);

  /// Runs tasks in `AsyncLane::load`.
  [[nodiscard]] Executor loader_executor();

  /// Gives up what waits, and returns when the rest is done. To be called once.
  void close();

 private:
  friend class AsyncTask;
  class Board;
  class Boards;
  class Posted;
  struct Effects;

  using TaskPtr = std::shared_ptr<AsyncTask>;

  void post(const TaskPtr& task, AsyncLane lane);
  void perform(const Effects& effects);
  void run(const TaskPtr& task, AsyncLane lane);
  [[nodiscard]] AsyncStep attempt(AsyncTask& task, std::exception_ptr& error);
  void stop(const TaskPtr& task);
  void wake(const TaskPtr& task);
  void watch();
  void report(const char* what, const std::exception_ptr& error);

  Cache cache_;
  AsyncOptions options_;
  const bool has_own_threads_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Boards> boards_;
};

/// When `time` from now is over; in range, however long that is.
[[nodiscard]] SteadyTime deadline_in(std::chrono::nanoseconds time);

/// For who wants an item of a queue, and looks whether there is one after the call: what to wait
/// for if not, at most until `deadline`.
[[nodiscard]] AsyncStep wait_for_item(const Cache& items, SteadyTime deadline);

}  // namespace larder::detail
