// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "larder/core/executor.h"
#include "larder/core/log.h"

namespace larder {

/// Up to a fixed number of threads that run tasks in the order in which they were given. Threads
/// start when there is work for them, and get none of the program's signals.
///
/// Thread-safe. After `fork` the child has a pool of its own, without tasks and threads at first;
/// the tasks of the parent stay there.
class ThreadPool {
 public:
  /// `max_threads`: 1 or more. What a task throws is told to `log`.
  explicit ThreadPool(std::size_t max_threads = 4, LogSink log = {});
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// Runs all tasks that were given and waits for their end. A task may destroy the pool: then its
  /// own thread ends by itself.
  ~ThreadPool();

  /// Runs `task` as soon as a thread is free.
  /// @throws Error `unavailable` if the system has no thread to start the first with
  void run(std::function<void()> task);

  /// The pool as an executor. What it is given after the end of the pool is dropped.
  [[nodiscard]] Executor executor() const;

 private:
  class Crew;
  class Crews;
  std::shared_ptr<Crews> crews_;
};

}  // namespace larder
