// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "larder/core/clock.h"
#include "larder/core/error.h"
#include "larder/memo/call_key.h"
#include "larder/memo/detail/bind_arguments.h"
#include "larder/memo/detail/memo_call.h"
#include "larder/memo/function_history.h"
#include "larder/memo/memoize_options.h"
#include "larder/memo/memoize_stats.h"

namespace larder {

/// What becomes of a call whose arguments cannot be a key.
enum class KeyFailure {
  thrown,    ///< `invalid_argument`, or, as far as types tell, a program that does not compile.
  computed,  ///< The function is called, and the call is counted as `uncacheable`.
};

/// A function whose results are kept: what `memoize()` returns.
///
/// Thread-safe if the function is: it may be called by several threads, with different arguments,
/// at the same time. A copy is another handle on the same function with the same results.
template <typename Signature, typename F, typename Place, KeyFailure on_key_failure>
class Memoized;

/// See `Memoized`.
template <typename R, typename... Args, typename F, typename Place, KeyFailure on_key_failure>
class Memoized<R(Args...), F, Place, on_key_failure> {
 public:
  using Signature = R(Args...);
  using Result = std::remove_cvref_t<R>;
  using Stored = detail::StoredResult<R>;
  using Keys = CallKeys<std::decay_t<Args>...>;

  /// Not for callers: `memoize()` makes it.
  Memoized(F function, MemoizeOptions<R(Args...)> options, Keys keys, Place place)
      : state_(std::make_shared<State>(std::move(function), std::move(options), std::move(keys),
                                       std::move(place))) {}

  /// The result for these arguments, which is computed if it is not there: at the same time by one
  /// caller only, for whom the others wait. The function gets the arguments as they are.
  /// @throws Error `unavailable` after `load.timeout`, `invalid_argument` if the function asks for
  /// the result that it computes; and what the function throws, which is not kept
  Result operator()(Args... args) { return get(static_cast<Args&&>(args)...); }

  /// The same with arguments that are left out (`defaults`) or given by name (`arg`).
  template <typename... Given>
    requires(sizeof...(Given) < sizeof...(Args) ||
             (detail::is_named_argument<std::remove_cvref_t<Given>> || ...))
  Result operator()(Given&&... given) {
    return bind(std::forward<Given>(given)...).apply([&](Args&&... args) -> Result {
      return get(static_cast<Args&&>(args)...);
    });
  }

  /// The result without a copy of it, for large ones. Valid as long as it is held.
  [[nodiscard]] std::shared_ptr<const Stored> share(Args... args) {
    return with_key<std::shared_ptr<const Stored>>(
        [&](const Key& key, Call& call) { return state_->place.share(key, call); },
        [](Call& call) { return std::make_shared<const Stored>(call.run()); },
        static_cast<Args&&>(args)...);
  }

  /// The key of a call with these arguments.
  [[nodiscard]] Key key(const std::decay_t<Args>&... args) const { return state_->keys(args...); }
  template <typename... Given>
    requires(sizeof...(Given) < sizeof...(Args) ||
             (detail::is_named_argument<std::remove_cvref_t<Given>> || ...))
  [[nodiscard]] Key key(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return state_->keys(args...);
    });
  }

  /// The arguments of which `key()` made this key.
  /// @throws Error `invalid_argument` if it does not hold them all
  [[nodiscard]] std::tuple<std::decay_t<Args>...> arguments(const Key& key) const
    requires(KeyDecodable<std::decay_t<Args>> && ...)
  {
    return state_->keys.arguments(key);
  }

  /// The result if it is there, or null. Never computes, and does not look into an archive.
  [[nodiscard]] std::shared_ptr<const Stored> lookup(const std::decay_t<Args>&... args) const {
    return state_->place.find(key(args...));
  }

  /// Calls the function; what is kept stays as it is.
  Result uncached(Args... args) {
    return static_cast<Result>(
        std::invoke(state_->function->function, static_cast<Args&&>(args)...));
  }

  /// Computes the result and keeps it in place of what is there, unless it is not to be kept.
  Result refresh(Args... args) {
    Key key = state_->keys(args...);
    const Clock& clock = state_->place.clock();
    const SteadyTime start = clock.steady_now();
    Stored result = Call(state_->function, {static_cast<Args&&>(args)...}).run();
    if (!state_->function->keeps(result)) return returned(std::move(result));
    const auto time = std::chrono::duration_cast<Duration>(clock.steady_now() - start);
    const auto kept = state_->place.put(key, std::move(result), time);
    return returned(*kept);
  }

  /// Removes the result. Returns whether there was one.
  bool forget(const std::decay_t<Args>&... args) { return state_->place.erase(key(args...)); }

  /// Removes all results of this function, of its present identity; an archive keeps its own.
  void clear() { state_->place.clear(); }

  [[nodiscard]] MemoizeStats stats() const {
    MemoizeStats stats = state_->place.stats();
    stats.uncacheable = state_->uncacheable.load(std::memory_order_relaxed);
    return stats;
  }
  void reset_stats() {
    state_->place.reset_stats();
    state_->uncacheable = 0;
  }

  /// Why a call with these arguments is computed although it was before: what changed since an
  /// earlier state of the function kept a result for them; nothing if none did, or the present
  /// one has. In a cache only.
  [[nodiscard]] std::optional<FunctionChanges> why_computed(const std::decay_t<Args>&... args) const
    requires requires(Place& place) { place.cache(); }
  {
    return detail::changes_since_kept(state_->place.cache(), key(args...));
  }

  /// Copies all results in memory to the archive. Returns how many.
  std::uint64_t dump()
    requires requires(Place& place) { place.table(); }
  {
    return state_->place.table().dump();
  }
  /// Copies the result for these arguments. Returns whether there was one.
  bool dump(const std::decay_t<Args>&... args)
    requires(sizeof...(Args) > 0 && requires(Place& place) { place.table(); })
  {
    return state_->place.table().dump(key(args...));
  }
  /// Brings the result for these arguments from the archive. Returns whether it was there.
  bool load(const std::decay_t<Args>&... args)
    requires requires(Place& place) { place.table(); }
  {
    return state_->place.table().load(key(args...));
  }

 private:
  using Function = detail::MemoFunction<F, R>;
  using Call = detail::MemoCall<F, R, Args...>;

  struct State {
    State(F f, MemoizeOptions<R(Args...)> options, Keys keys_, Place place_)
        : function(std::make_shared<Function>(Function{std::move(f), std::move(options.keep_if)})),
          keys(std::move(keys_)),
          defaults(std::move(options.defaults)),
          place(std::move(place_)) {}

    std::shared_ptr<Function> function;
    Keys keys;
    decltype(MemoizeOptions<R(Args...)>::defaults) defaults;
    Place place;
    std::atomic<std::uint64_t> uncacheable = 0;
  };

  template <typename Value>
  static Result returned(Value&& value) {
    if constexpr (!std::is_void_v<Result>) return std::forward<Value>(value);
  }

  template <typename... Given>
  auto bind(Given&&... given) const {
    return detail::BoundArguments<Args...>(state_->keys, state_->defaults,
                                           std::forward<Given>(given)...);
  }

  Result get(Args&&... args) {
    return returned(
        with_key<Stored>([&](const Key& key, Call& call) { return state_->place.get(key, call); },
                         [](Call& call) { return call.run(); }, static_cast<Args&&>(args)...));
  }

  /// Calls `use` with key and call or, if there is no key and that is no error, `compute`.
  template <typename Out, typename Use, typename Compute>
  Out with_key(Use use, Compute compute, Args&&... args) {
    Call call(state_->function, {static_cast<Args&&>(args)...});
    if constexpr (on_key_failure == KeyFailure::thrown) {
      return use(state_->keys(args...), call);
    } else {
      std::optional<Key> key;
      try {
        key.emplace(state_->keys(args...));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_argument) throw;
        state_->uncacheable.fetch_add(1, std::memory_order_relaxed);
      }
      return key ? use(*key, call) : compute(call);
    }
  }

  std::shared_ptr<State> state_;
};

}  // namespace larder
