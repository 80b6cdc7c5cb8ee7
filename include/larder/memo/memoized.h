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
#include "larder/memo/detail/memo_state.h"
#include "larder/memo/function_history.h"
#include "larder/memo/memoize_options.h"
#include "larder/memo/memoize_stats.h"
#include "larder/memo/result_archive.h"

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
  using Object = std::shared_ptr<const Stored>;

 private:
  /// Whether these arguments are to be put in their places first.
  template <typename... Given>
  static constexpr bool is_unbound = detail::is_unbound<sizeof...(Args), Given...>;

 public:
  /// Not for callers: `memoize()` makes it.
  Memoized(F function, MemoizeOptions<R(Args...)> options, Keys keys, Place place)
      : state_(std::make_shared<State>(std::move(function), std::move(options), std::move(keys),
                                       std::move(place))) {}

  /// Not for callers: the function whose results are kept.
  [[nodiscard]] const F& inner_function() const noexcept { return state_->function->function; }

  /// The result for these arguments, which is computed if it is not there: at the same time by one
  /// caller only, for whom the others wait. The function gets the arguments as they are.
  ///
  /// This and all functions below also take arguments by name (`arg`), and do without those that
  /// have `defaults`.
  /// @throws Error `unavailable` after `load.timeout`, `invalid_argument` if the function asks for
  /// the result that it computes, or an argument is missing, given twice or of another type; and
  /// what the function throws, which is not kept
  Result operator()(Args... args) const { return get(static_cast<Args&&>(args)...); }
  template <typename... Given>
    requires(is_unbound<Given...>)
  Result operator()(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](Args&&... args) -> Result {
      return get(static_cast<Args&&>(args)...);
    });
  }

  /// The result without a copy of it, for large ones. Valid as long as it is held.
  [[nodiscard]] Object share(Args... args) const {
    return with_key<std::shared_ptr<const Stored>>(
        [&](const Key& key, Call& call) { return state_->place.share(key, call); },
        [](Call& call) { return std::make_shared<const Stored>(call.run()); },
        static_cast<Args&&>(args)...);
  }
  template <typename... Given>
    requires(is_unbound<Given...>)
  [[nodiscard]] Object share(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](Args&&... args) {
      return share(static_cast<Args&&>(args)...);
    });
  }

  /// The key of a call with these arguments.
  /// @throws Error `invalid_argument` if they make none, also with `safe_memoize`
  [[nodiscard]] Key key(const std::decay_t<Args>&... args) const { return state_->keys(args...); }
  template <typename... Given>
    requires(is_unbound<Given...>)
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
  [[nodiscard]] Object lookup(const std::decay_t<Args>&... args) const {
    const std::optional<Key> key = key_if_any(args...);
    return key ? state_->place.find(*key) : nullptr;
  }
  template <typename... Given>
    requires(is_unbound<Given...>)
  [[nodiscard]] Object lookup(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return lookup(args...);
    });
  }

  /// Calls the function; what is kept stays as it is.
  Result uncached(Args... args) const {
    return static_cast<Result>(
        std::invoke(state_->function->function, static_cast<Args&&>(args)...));
  }
  template <typename... Given>
    requires(is_unbound<Given...>)
  Result uncached(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](Args&&... args) -> Result {
      return uncached(static_cast<Args&&>(args)...);
    });
  }

  /// Computes the result and keeps it in place of what is there, unless it is not to be kept.
  Result refresh(Args... args) const {
    return returned(
        *with_key<Object>([&](const Key& key, Call& call) { return renew(key, call); },
                          [](Call& call) { return std::make_shared<const Stored>(call.run()); },
                          static_cast<Args&&>(args)...));
  }
  template <typename... Given>
    requires(is_unbound<Given...>)
  Result refresh(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](Args&&... args) -> Result {
      return refresh(static_cast<Args&&>(args)...);
    });
  }

  /// Removes the result. Returns whether there was one.
  bool forget(const std::decay_t<Args>&... args) const {
    const std::optional<Key> key = key_if_any(args...);
    return key && state_->place.erase(*key);
  }
  template <typename... Given>
    requires(is_unbound<Given...>)
  bool forget(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return forget(args...);
    });
  }

  /// Removes all results of this function, of its present identity; an archive keeps its own.
  void clear() const { state_->place.clear(); }

  [[nodiscard]] MemoizeStats stats() const {
    MemoizeStats stats = state_->place.stats();
    stats.uncacheable = state_->uncacheable.load(std::memory_order_relaxed);
    return stats;
  }
  void reset_stats() const {
    state_->place.reset_stats();
    state_->uncacheable = 0;
  }

  /// Why a call with these arguments is computed although it was before: what changed since an
  /// earlier state of the function kept a result for them; nothing if none did, or the present
  /// one has. In a cache only.
  [[nodiscard]] std::optional<FunctionChanges> why_computed(const std::decay_t<Args>&... args) const
    requires requires(Place& place) { place.cache(); }
  {
    const std::optional<Key> key = key_if_any(args...);
    if (!key) return std::nullopt;
    return detail::changes_since_kept(state_->place.cache(), *key);
  }
  template <typename... Given>
    requires(is_unbound<Given...>)
  [[nodiscard]] std::optional<FunctionChanges> why_computed(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      return why_computed(args...);
    });
  }

  /// Copies all results in memory to the archive. Returns how many.
  std::uint64_t dump() const
    requires requires(Place& place) { place.table(); }
  {
    return state_->place.table().dump();
  }
  /// Copies the result for these arguments. Returns whether there was one.
  template <typename... Given>
    requires(sizeof...(Given) > 0 && requires(Place& place) { place.table(); })
  bool dump(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      const std::optional<Key> key = key_if_any(args...);
      return key && state_->place.table().dump(*key);
    });
  }

  /// Brings results from the archive, as many as there is room for. Returns how many.
  std::uint64_t load() const
    requires requires(Place& place) { place.table(); }
  {
    return state_->place.table().load();
  }
  /// Brings the result for these arguments from the archive. Returns whether it was there.
  template <typename... Given>
    requires(sizeof...(Given) > 0 && requires(Place& place) { place.table(); })
  bool load(Given&&... given) const {
    return bind(std::forward<Given>(given)...).apply([&](const auto&... args) {
      const std::optional<Key> key = key_if_any(args...);
      return key && state_->place.table().load(*key);
    });
  }

  /// Puts another archive, or none, in the place of the present one, which it returns. What is in
  /// memory stays there.
  /// @throws Error `invalid_argument` if the function was made without an archive
  std::shared_ptr<ResultArchive> set_archive(std::shared_ptr<ResultArchive> archive) const
    requires requires(Place& place) { place.table(); }
  {
    return state_->place.table().set_archive(std::move(archive));
  }

 private:
  using Call = detail::MemoCall<F, R, Args...>;
  using State = detail::MemoState<R(Args...), F, Place>;

  template <typename Value>
  static Result returned(Value&& value) {
    if constexpr (!std::is_void_v<Result>) return std::forward<Value>(value);
  }

  template <typename... Given>
  auto bind(Given&&... given) const {
    return detail::BoundArguments<Args...>(state_->keys, state_->defaults,
                                           std::forward<Given>(given)...);
  }

  Result get(Args&&... args) const {
    return returned(
        with_key<Stored>([&](const Key& key, Call& call) { return state_->place.get(key, call); },
                         [](Call& call) { return call.run(); }, static_cast<Args&&>(args)...));
  }

  /// What `call` computes, kept unless it is not to be.
  Object renew(const Key& key, Call& call) const {
    const Clock& clock = state_->place.clock();
    const SteadyTime start = clock.steady_now();
    Loaded<Stored> result = call.load();
    if (!result.is_stored) return std::make_shared<const Stored>(std::move(result.value));
    const auto time = std::chrono::duration_cast<Duration>(clock.steady_now() - start);
    return state_->place.put(key, std::move(result.value), time);
  }

  /// The key of these arguments; nothing if they make none and that is no error.
  std::optional<Key> key_if_any(const std::decay_t<Args>&... args) const {
    if constexpr (on_key_failure == KeyFailure::thrown) {
      return state_->keys(args...);
    } else {
      try {
        return state_->keys(args...);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_argument) throw;
        return std::nullopt;
      }
    }
  }

  /// Calls `use` with key and call or, if there is no key and that is no error, `compute`.
  template <typename Out, typename Use, typename Compute>
  Out with_key(Use use, Compute compute, Args&&... args) const {
    Call call(state_->function, {static_cast<Args&&>(args)...});
    if constexpr (on_key_failure == KeyFailure::thrown) return use(state_->keys(args...), call);
    const std::optional<Key> key = key_if_any(args...);
    if (key) return use(*key, call);
    state_->uncacheable.fetch_add(1, std::memory_order_relaxed);
    return compute(call);
  }

  std::shared_ptr<State> state_;
};

}  // namespace larder
