// SPDX-License-Identifier: Apache-2.0
#include "larder/core/thread_pool.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/per_process.h"
#include "core/quiet_thread.h"
#include "larder/core/error.h"
#include "larder/core/mutex.h"

namespace larder {

/// The threads of one process.
class ThreadPool::Crew : public std::enable_shared_from_this<Crew> {
 public:
  Crew(std::size_t max_threads, LogSink log) : max_threads_(max_threads), log_(std::move(log)) {}

  void run(std::function<void()> task) {
    {
      const MutexLock lock(mutex_);
      // First: it cannot be taken back from the others once it is in line.
      if (idle_ <= tasks_.size() && threads_.size() < max_threads_ && !stop_) start_thread();
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

  void finish() {
    std::vector<std::thread> threads;
    {
      const MutexLock lock(mutex_);
      stop_ = true;
      threads.swap(threads_);
    }
    changed_.notify_all();
    for (std::thread& thread : threads) {
      if (thread.get_id() == std::this_thread::get_id()) {
        thread.detach();
      } else {
        thread.join();
      }
    }
  }

 private:
  void start_thread() LARDER_REQUIRES(mutex_) {
    try {
      threads_.push_back(start_quiet_thread([crew = shared_from_this()] { crew->work(); }));
    } catch (const Error&) {
      if (threads_.empty()) throw;  // else they do it, if later
    }
  }

  void work() {
    while (const std::function<void()> task = next()) {
      try {
        task();
      } catch (const std::exception& error) {
        if (log_) log_(LogLevel::warning, std::string("a task failed: ") + error.what());
      } catch (...) {
        if (log_) log_(LogLevel::warning, "a task failed");
      }
    }
  }

  // Empty if there is nothing more to do.
  std::function<void()> next() {
    const MutexLock lock(mutex_);
    while (tasks_.empty() && !stop_) {
      ++idle_;
      changed_.wait(mutex_);
      --idle_;
    }
    if (tasks_.empty()) return nullptr;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  const std::size_t max_threads_;
  const LogSink log_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> tasks_ LARDER_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ LARDER_GUARDED_BY(mutex_);
  std::size_t idle_ LARDER_GUARDED_BY(mutex_) = 0;
  bool stop_ LARDER_GUARDED_BY(mutex_) = false;
};

class ThreadPool::Crews : public PerProcess<Crew> {
  using PerProcess::PerProcess;
};

ThreadPool::ThreadPool(std::size_t max_threads, LogSink log)
    : crews_(std::make_shared<Crews>(
          [max = std::max<std::size_t>(max_threads, 1), log = std::move(log)] {
            return std::make_shared<Crew>(max, log);
          })) {}

ThreadPool::~ThreadPool() { crews_->get()->finish(); }

void ThreadPool::run(std::function<void()> task) { crews_->get()->run(std::move(task)); }

Executor ThreadPool::executor() const {
  return [crews = std::weak_ptr<Crews>(crews_)](std::function<void()> task) {
    if (const auto pool = crews.lock()) pool->get()->run(std::move(task));
  };
}

}  // namespace larder
