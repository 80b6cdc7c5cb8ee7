// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>

#include "larder/cache/detail/async_call.h"
#include "larder/core/executor.h"

namespace larder {

class AsyncCache;

/// What came of an operation: a value, or what was thrown.
template <typename T>
class AsyncResult {
 public:
  explicit AsyncResult(detail::Stored<T> value)
      : content_(std::in_place_index<0>, std::move(value)) {}
  explicit AsyncResult(std::exception_ptr error)
      : content_(std::in_place_index<1>, std::move(error)) {}

  /// Whether there is a value.
  [[nodiscard]] explicit operator bool() const noexcept { return content_.index() == 0; }

  /// What was thrown; null if there is a value.
  [[nodiscard]] std::exception_ptr error() const {
    return content_.index() == 0 ? nullptr : std::get<1>(content_);
  }

  /// Returns or throws what the same call of `Cache` would have.
  T get() && {
    if (content_.index() == 1) std::rethrow_exception(std::get<1>(content_));
    if constexpr (!std::is_void_v<T>) return std::get<0>(std::move(content_));
  }

 private:
  std::variant<detail::Stored<T>, std::exception_ptr> content_;
};

/// An operation on a cache that has not begun. It begins with `then()`, `future()` or `co_await`,
/// each of which returns at once and uses it up:
///
///     cache.get<Page>("home").then([](larder::AsyncResult<std::optional<Page>> page) { ... });
///     std::future<std::optional<Page>> page = cache.get<Page>("home").future();
///     std::optional<Page> page = co_await cache.get<Page>("home").within(100ms);
///
/// It gives up with `unavailable`, and nothing is changed, when its time is over or it is stopped
/// while it waits: for a thread, for another caller that loads, for an item, for other writers.
/// What has begun to read, to write or to run code of the caller comes to its end: until the answer
/// is there, what that code refers to must live.
///
/// Not thread-safe.
template <typename T>
class [[nodiscard]] Async {
 public:
  /// Gives up this long after it began.
  Async within(std::chrono::nanoseconds limit) && {
    limits_.within = limit;
    return std::move(*this);
  }

  /// Gives up when `stop` is requested.
  Async stopped_by(std::stop_token stop) && {
    limits_.stop = std::move(stop);
    return std::move(*this);
  }

  /// Answers on `executor` instead of `AsyncOptions::resume_on`.
  Async on(Executor executor) && {
    call_->resume_on = std::move(executor);
    return std::move(*this);
  }

  /// Calls `callback(AsyncResult<T>)` exactly once, unless the executor drops it. What it throws
  /// goes to the log hook.
  template <std::invocable<AsyncResult<T>> Callback>
  void then(Callback callback) && {
    // Shared, as an executor copies its tasks and a callback need not be copied.
    auto shared = std::make_shared<Callback>(std::move(callback));
    call_->callback = [shared](detail::Stored<T>* value, const std::exception_ptr& error) {
      (*shared)(value != nullptr ? AsyncResult<T>(std::move(*value)) : AsyncResult<T>(error));
    };
    // Whoever is called back may destroy this.
    const auto core = std::move(core_);
    core->start(std::move(call_), limits_);
  }

  /// The result, to be waited for where waiting is allowed: not in the thread that it is answered
  /// in.
  std::future<T> future() && {
    std::promise<T> promise;
    std::future<T> result = promise.get_future();
    std::move(*this).then([promise = std::move(promise)](AsyncResult<T> answer) mutable {
      try {
        if constexpr (std::is_void_v<T>) {
          std::move(answer).get();
          promise.set_value();
        } else {
          promise.set_value(std::move(answer).get());
        }
      } catch (...) {
        promise.set_exception(std::current_exception());
      }
    });
    return result;
  }

  /// The coroutine goes on where the operation is answered. While it is suspended it may be
  /// destroyed in that same thread only.
  [[nodiscard]] auto operator co_await() && { return Awaiter(std::move(*this)); }

 private:
  friend class AsyncCache;

  Async(std::shared_ptr<detail::AsyncCore> core, std::shared_ptr<detail::AsyncCall<T>> call)
      : core_(std::move(core)), call_(std::move(call)) {}

  /// What a suspended coroutine and the answer share.
  struct Suspended {
    std::coroutine_handle<> coroutine = nullptr;
    std::optional<AsyncResult<T>> result = std::nullopt;
  };

  class Awaiter {
   public:
    explicit Awaiter(Async async) : async_(std::move(async)) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() { suspended_->coroutine = nullptr; }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) {
      suspended_->coroutine = coroutine;
      // The coroutine may go on, and end, before `then()` returns.
      Async async = std::move(async_);
      std::move(async).then([suspended = suspended_](AsyncResult<T> result) {
        if (!suspended->coroutine) return;
        suspended->result = std::move(result);
        suspended->coroutine.resume();
      });
    }
    T await_resume() { return std::move(*suspended_->result).get(); }

   private:
    Async async_;
    std::shared_ptr<Suspended> suspended_ = std::make_shared<Suspended>();
  };

  std::shared_ptr<detail::AsyncCore> core_;
  std::shared_ptr<detail::AsyncCall<T>> call_;
  detail::AsyncLimits limits_ = {};
};

}  // namespace larder
