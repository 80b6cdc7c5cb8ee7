// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "cache_fixture.h"
#include "larder/cache/async.h"
#include "larder/core/mutex.h"
#include "support/channel.h"
#include "support/child.h"

namespace larder::test {

/// A program's event loop: tasks that other threads give it run in the thread that calls
/// `run_until`.
class EventLoop {
 public:
  [[nodiscard]] Executor executor() {
    return [this](std::function<void()> task) {
      const MutexLock lock(mutex_);
      tasks_.push_back(std::move(task));
      changed_.notify_one();
    };
  }

  /// Runs tasks, and ticks about every millisecond, until `condition` holds, which it must.
  void run_until(const std::function<bool()>& condition) {
    const SteadyTime patience = Clock::system().steady_now() + std::chrono::seconds{60};
    while (!condition()) {
      ASSERT_LT(Clock::system().steady_now(), patience) << "for ever";
      std::function<void()> task;
      {
        const MutexLock lock(mutex_);
        if (tasks_.empty()) changed_.wait_for(mutex_, std::chrono::milliseconds{1});
        if (!tasks_.empty()) {
          task = std::move(tasks_.front());
          tasks_.pop_front();
        }
      }
      if (task) task();
      ++ticks_;
    }
  }

  /// Goes on for so many ticks.
  void tick(int times) {
    run_until([this, end = ticks_ + times] { return ticks_ >= end; });
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> tasks_ LARDER_GUARDED_BY(mutex_);
  int ticks_ = 0;  // of the thread of the loop
};

/// A coroutine that nobody waits for.
struct Detached {
  struct promise_type {
    Detached get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { ADD_FAILURE() << "a coroutine threw"; }
  };
  std::coroutine_handle<promise_type> coroutine;
};

/// Keeps what an operation is answered with.
template <typename T>
struct Answer {
  std::optional<AsyncResult<T>> result = std::nullopt;
  std::thread::id thread = {};
  int times = 0;

  [[nodiscard]] auto callback() {
    return [this](AsyncResult<T> answer) {
      result = std::move(answer);
      thread = std::this_thread::get_id();
      ++times;
    };
  }
  [[nodiscard]] bool is_there() const { return times > 0; }
  T get() { return std::move(*result).get(); }
};

/// An event loop and a cache that answers on it, on each engine.
class AsyncCacheTest : public CacheTest {
 protected:
  [[nodiscard]] AsyncCache open_async(AsyncOptions options = {}) {
    options.resume_on = loop_.executor();
    return AsyncCache(open(), std::move(options));
  }

  /// Runs the loop until the operation is answered.
  template <typename T>
  T await(Async<T> operation) {
    Answer<T> answer;
    std::move(operation).then(answer.callback());
    loop_.run_until([&] { return answer.is_there(); });
    return answer.get();
  }

  /// Lets nobody write while it lives.
  class HeldTurn {
   public:
    explicit HeldTurn(EnginePtr engine)
        : thread_([this, engine] {
            engine->update([this](WriteTxn&) {
              const MutexLock lock(mutex_);
              is_held_ = true;
              changed_.notify_all();
              while (!is_over_) changed_.wait(mutex_);
            });
          }) {
      const MutexLock lock(mutex_);
      while (!is_held_) changed_.wait(mutex_);
    }
    HeldTurn(const HeldTurn&) = delete;
    HeldTurn& operator=(const HeldTurn&) = delete;
    ~HeldTurn() {
      {
        const MutexLock lock(mutex_);
        is_over_ = true;
      }
      changed_.notify_all();
      thread_.join();
    }

   private:
    Mutex mutex_;
    CondVar changed_;
    bool is_held_ LARDER_GUARDED_BY(mutex_) = false;
    bool is_over_ LARDER_GUARDED_BY(mutex_) = false;
    std::thread thread_;  // last: it begins at once
  };

  EventLoop loop_;
};

/// For what takes several processes.
class AsyncProcessesTest : public AsyncCacheTest {};

}  // namespace larder::test
