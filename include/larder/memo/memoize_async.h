// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "larder/cache/async.h"
#include "larder/memo/detail/awaited.h"
#include "larder/memo/memoize.h"

namespace larder {

/// A function whose results are kept, for callers that must not block: what `memoize_async()`
/// returns. Each call returns at once, with an operation that has not begun: see `Async`.
///
/// Thread-safe if the function is. A copy is another handle on the same function.
template <typename Signature, typename F>
class AsyncMemoized;

/// See `AsyncMemoized`.
template <typename R, typename... Args, typename F>
class AsyncMemoized<R(Args...), F> {
 public:
  using Result = typename detail::AwaitedResult<R>::Type;
  using Options = MemoizeOptions<Result(Args...)>;

  static_assert(!std::is_void_v<Result>, "memoize_async: the function has no result to be kept");
  static_assert((detail::DetachableArgument<Args> && ...),
                "memoize_async: the function runs later, with copies of its arguments: parameters "
                "must own what they need (std::string, not std::string_view) and may be no "
                "references to what is not constant");

  /// Not for callers: `memoize_async()` makes it.
  AsyncMemoized(AsyncCache& cache, F function, Options options)
      : state_(std::make_shared<State>(cache, std::move(function), std::move(options))) {}

  /// The result for these arguments, of which a copy is kept until it is there.
  ///
  /// This and all functions below also take arguments by name (`arg`), and do without those that
  /// have `defaults`.
  Async<Result> operator()(const std::decay_t<Args>&... args) const {
    return state_->cache.get_or_load(
        key(args...),
        [state = state_, own = std::tuple<std::decay_t<Args>...>(args...)]() mutable {
          return state->call(own);
        },
        state_->options);
  }
  template <typename... Given>
    requires(detail::is_unbound<sizeof...(Args), Given...>)
  Async<Result> operator()(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return (*this)(args...);
    });
  }

  /// Computes the result, also if somebody else does, and keeps it in place of what is there unless
  /// it is not to be kept.
  Async<Result> refresh(const std::decay_t<Args>&... args) const {
    return state_->cache.compute(
        [state = state_, key = key(args...),
         own = std::tuple<std::decay_t<Args>...>(args...)](Cache& cache) mutable {
          const Clock& clock = Clock::system();
          const SteadyTime start = clock.steady_now();
          Loaded<Result> loaded = state->call(own);
          const auto time = std::chrono::duration_cast<Duration>(clock.steady_now() - start);
          if (loaded.is_stored) {
            detail::store_result(cache, key, loaded.value, state->options.put, time);
          }
          return std::move(loaded.value);
        });
  }
  template <typename... Given>
    requires(detail::is_unbound<sizeof...(Args), Given...>)
  Async<Result> refresh(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return refresh(args...);
    });
  }

  /// The result if it is there. Never computes.
  Async<std::optional<Result>> lookup(const std::decay_t<Args>&... args) const {
    return state_->cache.template get<Result>(key(args...));
  }
  template <typename... Given>
    requires(detail::is_unbound<sizeof...(Args), Given...>)
  Async<std::optional<Result>> lookup(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return lookup(args...);
    });
  }

  /// Removes the result. Returns whether there was one.
  Async<bool> forget(const std::decay_t<Args>&... args) const {
    return state_->cache.erase(key(args...));
  }
  template <typename... Given>
    requires(detail::is_unbound<sizeof...(Args), Given...>)
  Async<bool> forget(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return forget(args...);
    });
  }

  /// Calls the function; what is kept stays as it is.
  Async<Result> uncached(const std::decay_t<Args>&... args) const {
    return state_->cache.compute([state = state_, own = std::tuple<std::decay_t<Args>...>(args...)](
                                     Cache&) mutable { return state->call(own).value; });
  }
  template <typename... Given>
    requires(detail::is_unbound<sizeof...(Args), Given...>)
  Async<Result> uncached(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return uncached(args...);
    });
  }

  /// Removes all results of this function, of its present identity. Returns how many there were.
  Async<std::uint64_t> clear() const {
    return state_->cache.write([prefix = state_->prefix](Cache& cache) {
      return cache.erase_selected({.prefix = prefix});
    });
  }

  /// The key of a call with these arguments.
  [[nodiscard]] Key key(const std::decay_t<Args>&... args) const { return state_->keys(args...); }
  template <typename... Given>
    requires(detail::is_unbound<sizeof...(Args), Given...>)
  [[nodiscard]] Key key(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return key(args...);
    });
  }

 private:
  struct State {
    State(AsyncCache& cache_, F f, Options given)
        : cache(cache_),
          function(std::move(f)),
          known(identity_of(cache_, given, function)),
          prefix(detail::keys_of(known)),
          keys(std::move(given.keys), std::move(given.key), known),
          defaults(std::move(given.defaults)),
          keep_if(std::move(given.keep_if)),
          options(std::move(given.load)) {
      if (given.remember_errors_for) detail::throw_errors_not_kept();
    }

    static FunctionIdentity identity_of(AsyncCache& cache, const Options& given,
                                        const F& function) {
      using Make = detail::MakeMemoized<Result(Args...)>;
      static_assert(WhollyEncodable<Result>,
                    "memoize_async: the result needs a Codec to be kept in a cache");
      FunctionIdentity known = Make::identity(given, function, detail::log_of(cache.cache()));
      Cache handle = cache.cache();
      Make::remember(handle, known, given, function);
      return known;
    }

    Loaded<Result> call(std::tuple<std::decay_t<Args>...>& args) {
      Result result = detail::awaited(std::apply(
          [&](auto&... values) { return std::invoke(function, static_cast<Args&&>(values)...); },
          args));
      const bool is_kept = !keep_if || keep_if(result);
      return {std::move(result), is_kept};
    }

    AsyncCache& cache;
    F function;
    FunctionIdentity known;
    KeyPrefix prefix;  // of all results
    CallKeys<std::decay_t<Args>...> keys;
    DefaultArguments<std::decay_t<Args>...> defaults;
    std::function<bool(const Result& result)> keep_if;
    LoadOptions options;
  };

  template <typename... Given>
  auto bind(Given&&... given) const {
    return detail::BoundArguments<std::decay_t<Args>...>(state_->keys, state_->defaults,
                                                         std::forward<Given>(given)...);
  }

  std::shared_ptr<State> state_;
};

/// `f` with its results kept in `cache`, for event loops and coroutines. `f` runs in the threads of
/// `cache`, of all callers that want the same result at once for one; it may return the result, a
/// `std::future` of it, or something to `co_await`, for which one of these threads waits.
///
/// What is kept and under which keys is as with `memoize()` in `cache.cache()`: either finds the
/// results of the other. `cache` must outlive what is returned.
/// @throws Error `invalid_argument` as `memoize()` does
///
/// @snippet memoize.cpp async
template <typename Signature = void, typename F>
[[nodiscard]] auto memoize_async(
    AsyncCache& cache, F f,
    typename AsyncMemoized<detail::MemoSignature<Signature, F>, F>::Options options = {}) {
  return AsyncMemoized<detail::MemoSignature<Signature, F>, F>(cache, std::move(f),
                                                               std::move(options));
}

}  // namespace larder
