// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "larder/cache/cache.h"
#include "larder/cache/object_tier.h"
#include "larder/codec/wholly_encodable.h"
#include "larder/key/key_codec_standard.h"
#include "larder/memo/detail/function_identity.h"
#include "larder/memo/detail/memory_place.h"
#include "larder/memo/detail/shared_place.h"
#include "larder/memo/detail/signature.h"
#include "larder/memo/function_history.h"
#include "larder/memo/memoize_options.h"
#include "larder/memo/memoized.h"
#include "larder/memo/memory.h"

namespace larder {

/// A place for the results of one function in the memory of this process.
struct Memory {
  MemoryOptions options = {};
  MemoryHooks hooks = {};
};

namespace detail {

template <typename T>
inline constexpr bool gives_once = false;
template <typename T>
inline constexpr bool gives_once<std::future<T>> = true;

template <typename Signature>
struct MakeMemoized;

template <typename R, typename... Args>
struct MakeMemoized<R(Args...)> {
  using Options = MemoizeOptions<R(Args...)>;
  using Keys = CallKeys<std::decay_t<Args>...>;
  using Stored = StoredResult<R>;

  static_assert(!gives_once<Stored>,
                "memoize: a future gives its value once; memoize_async() keeps what comes of it");

  static constexpr bool has_keys = (KeyEncodable<std::decay_t<Args>> && ...);

  /// Who `function` is in a place that outlives the program; `log` hears what of its code could not
  /// be told.
  template <typename F>
  static FunctionIdentity identity(const Options& options, const F& function, const LogSink& log) {
    std::uint64_t signature = signature_hash<Stored, std::decay_t<Args>...>();
    if (const std::uint64_t state = state_hash_of(function); state != 0) {
      signature = combined_schema(signature, state);
    }
    return lasting_identity(
        {.name = options.name, .version = options.version, .signature = signature}, traits_of<F>(),
        options.code, [&] {
          CodeFingerprint made = fingerprint_together(
              functions_of<Args...>(function, options.depends_on), options.fingerprint);
          report_fallback(made, log);
          return made;
        });
  }

  /// Notes in `cache` what the function is now, for `why_computed()`.
  template <typename F>
  static void remember(Cache& cache, const FunctionIdentity& known, const Options& options,
                       const F& function) {
    remember_state(cache, known, [&]() -> std::optional<CodeExplanation> {
      if (options.code) return std::nullopt;
      return explain_together(functions_of<Args...>(function, options.depends_on),
                              options.fingerprint);
    });
  }

  template <KeyFailure on_key_failure, typename F>
  static auto make(Memory memory, F function, Options options) {
    std::optional<FunctionIdentity> known;
    if (memory.hooks.archive) known = identity(options, function, memory.hooks.log);
    MemoryPlace<Stored> place({.options = memory.options,
                               .hooks = std::move(memory.hooks),
                               .load = options.load,
                               .remember_errors_for = options.remember_errors_for,
                               .type = result_type<Stored>(),
                               .keys = known ? std::optional(keys_of(*known)) : std::nullopt});
    return finish<on_key_failure>(std::move(place), std::move(function), std::move(options),
                                  std::move(known));
  }

  template <KeyFailure on_key_failure, typename F>
  static auto make(const MemoryOptions& memory, F function, Options options) {
    return make<on_key_failure>(Memory{memory, {}}, std::move(function), std::move(options));
  }

  template <KeyFailure on_key_failure, typename F>
  static auto make(Cache cache, F function, Options options) {
    return make_shared_place<on_key_failure>(std::move(cache), std::move(function),
                                             std::move(options));
  }

  template <KeyFailure on_key_failure, typename Value, typename F>
  static auto make(ObjectTier<Value> tier, F function, Options options) {
    static_assert(std::same_as<Value, Stored>, "memoize: the tier is not one of the results");
    return make_shared_place<on_key_failure>(std::move(tier), std::move(function),
                                             std::move(options));
  }

 private:
  template <KeyFailure on_key_failure, typename Where, typename F>
  static auto make_shared_place(Where where, F function, Options options) {
    static_assert(WhollyEncodable<Stored>,
                  "memoize: the result needs a Codec to be kept in a cache");
    if (options.remember_errors_for) throw_errors_not_kept();
    if constexpr (!MemoCall<F, R, Args...>::is_detachable) options.load.refresh_on = nullptr;
    FunctionIdentity known = identity(options, function, log_of(cache_of(where)));
    SharedPlace<Where, Stored> place(std::move(where), options.load, keys_of(known));
    remember(place.cache(), known, options, function);
    return finish<on_key_failure>(std::move(place), std::move(function), std::move(options),
                                  std::move(known));
  }

  template <KeyFailure on_key_failure, typename Place, typename F>
  static auto finish(Place place, F function, Options options,
                     std::optional<FunctionIdentity> known) {
    Keys keys(std::move(options.keys), std::move(options.key), std::move(known));
    return Memoized<R(Args...), F, Place, on_key_failure>(std::move(function), std::move(options),
                                                          std::move(keys), std::move(place));
  }
};

}  // namespace detail

/// `f` with its results kept in `where`: `MemoryOptions`, `Memory`, a `Cache`, or an `ObjectTier`
/// on one. `f` may be a function, a member function, a lambda or any other object with a call
/// operator; if it has several, or is a template, `Signature` says which is meant.
///
/// Results are returned by value, without references and `const`. What a function writes through
/// its arguments is not kept.
///
/// In a cache, which other functions, programs and later runs share, a function is known by
/// `options.name`, its version, its code, and the types of its parameters and result.
/// @throws Error `invalid_argument` if neither name nor code tell it from others, or for options
/// that contradict
///
/// @snippet memoize.cpp memory
template <typename Signature = void, typename Where, typename F>
[[nodiscard]] auto memoize(Where where, F f,
                           MemoizeOptions<detail::MemoSignature<Signature, F>> options = {}) {
  using Make = detail::MakeMemoized<detail::MemoSignature<Signature, F>>;
  static_assert(Make::has_keys,
                "memoize: a parameter has no KeyCodec: specialise one, or use safe_memoize() and "
                "ignore the parameter or give a function that makes the key");
  return Make::template make<KeyFailure::thrown>(std::move(where), std::move(f),
                                                 std::move(options));
}

/// The same, for arguments that may be no keys: a call that has one which is neither ignored nor
/// dealt with by `options.key` is computed, and counted.
template <typename Signature = void, typename Where, typename F>
[[nodiscard]] auto safe_memoize(Where where, F f,
                                MemoizeOptions<detail::MemoSignature<Signature, F>> options = {}) {
  using Make = detail::MakeMemoized<detail::MemoSignature<Signature, F>>;
  return Make::template make<KeyFailure::computed>(std::move(where), std::move(f),
                                                   std::move(options));
}

}  // namespace larder
