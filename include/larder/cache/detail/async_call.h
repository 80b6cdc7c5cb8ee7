// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "larder/cache/detail/async_core.h"

namespace larder::detail {

/// What is kept of a `T`.
template <typename T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// An operation that results in a `T`.
template <typename T>
class AsyncCall : public AsyncTask {
 public:
  AsyncCall(std::shared_ptr<AsyncCore> core, AsyncLane lane)
      : AsyncTask(lane), core_(std::move(core)) {}

  Executor resume_on = {};
  std::function<void(Stored<T>* value, const std::exception_ptr& error)> callback = {};

 protected:
  [[nodiscard]] Cache& cache() { return core_->cache(); }
  [[nodiscard]] std::optional<Stored<T>>& result() { return result_; }

 private:
  virtual void release() = 0;
  void answer(std::exception_ptr error) override {
    // What the operation refers to may go as soon as it is answered.
    release();
    const auto value = std::make_shared<std::optional<Stored<T>>>(std::move(result_));
    std::exchange(core_, nullptr)
        ->deliver(resume_on, [callback = std::exchange(callback, nullptr), value, error] {
          callback(error == nullptr ? &**value : nullptr, error);
        });
  }

  std::shared_ptr<AsyncCore> core_;
  std::optional<Stored<T>> result_ = std::nullopt;
};

/// `attempt(task, cache, result)` returns an `AsyncStep`; with that of the end it has set `result`.
template <typename T, typename Attempt>
class AsyncCallOf final : public AsyncCall<T> {
 public:
  AsyncCallOf(std::shared_ptr<AsyncCore> core, AsyncLane lane, Attempt attempt)
      : AsyncCall<T>(std::move(core), lane), attempt_(std::move(attempt)) {}

 private:
  AsyncStep attempt() override { return (*attempt_)(*this, this->cache(), this->result()); }
  void release() override { attempt_.reset(); }

  std::optional<Attempt> attempt_;
};

/// Makes a call of `body(cache)`, which ends with the first attempt.
template <typename Body>
auto make_call(const std::shared_ptr<AsyncCore>& core, AsyncLane lane, Body body) {
  using T = std::invoke_result_t<Body&, Cache&>;
  auto attempt = [body = std::move(body)](AsyncTask&, Cache& cache,
                                          std::optional<Stored<T>>& result) mutable {
    if constexpr (std::is_void_v<T>) {
      body(cache);
      result.emplace();
    } else {
      result.emplace(body(cache));
    }
    return AsyncStep{};
  };
  return std::shared_ptr<AsyncCall<T>>(
      std::make_shared<AsyncCallOf<T, decltype(attempt)>>(core, lane, std::move(attempt)));
}

}  // namespace larder::detail
