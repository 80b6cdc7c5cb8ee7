// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <future>
#include <type_traits>
#include <utility>

namespace larder::detail {

template <typename T>
inline constexpr bool is_future = false;
template <typename T>
inline constexpr bool is_future<std::future<T>> = true;
template <typename T>
inline constexpr bool is_future<std::shared_future<T>> = true;

/// What `co_await` asks whether it has to wait.
template <typename T>
decltype(auto) awaiter_of(T&& awaitable) {
  if constexpr (requires { std::forward<T>(awaitable).operator co_await(); }) {
    return std::forward<T>(awaitable).operator co_await();
  } else if constexpr (requires { operator co_await(std::forward<T>(awaitable)); }) {
    return operator co_await(std::forward<T>(awaitable));
  } else {
    return std::forward<T>(awaitable);
  }
}

template <typename T>
concept Awaitable = requires(T&& awaitable) { awaiter_of(std::move(awaitable)).await_resume(); };

/// A coroutine that nobody waits for.
struct Detached {
  // NOLINTNEXTLINE(readability-identifier-naming): the language calls it so.
  struct promise_type {
    [[nodiscard]] Detached get_return_object() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {}
  };
};

/// The promise is its own: who waits for it may go on while it is still being told.
template <typename T, typename Result>
Detached keep_promise(T awaitable, std::promise<Result> promise) {
  try {
    promise.set_value(co_await std::move(awaitable));
  } catch (...) {
    promise.set_exception(std::current_exception());
  }
}

/// What comes in the end of what a function returned: of a future or of something that can be
/// awaited, for which this thread waits, or of the result itself.
template <typename T>
auto awaited(T returned) {
  if constexpr (is_future<T>) {
    return std::remove_cvref_t<decltype(returned.get())>(returned.get());
  } else if constexpr (Awaitable<T>) {
    using Result = std::remove_cvref_t<decltype(awaiter_of(std::move(returned)).await_resume())>;
    std::promise<Result> promise;
    std::future<Result> future = promise.get_future();
    keep_promise(std::move(returned), std::move(promise));
    return future.get();
  } else {
    return returned;
  }
}

/// The type of that.
template <typename T>
struct AwaitedResult {
  using Type = decltype(awaited(std::declval<std::remove_cvref_t<T>>()));
};
template <>
struct AwaitedResult<void> {
  using Type = void;
};

}  // namespace larder::detail
