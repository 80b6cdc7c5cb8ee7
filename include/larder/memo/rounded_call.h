// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "larder/key/key_codec_standard.h"
#include "larder/memo/call_key.h"
#include "larder/memo/detail/signature.h"
#include "larder/memo/rounding.h"

namespace larder {

/// A function that gets its arguments rounded: what `rounded()` returns. Thread-safe if the
/// function is.
template <typename Signature, typename F>
class RoundedCall;

/// See `RoundedCall`.
template <typename R, typename... Args, typename F>
class RoundedCall<R(Args...), F> {
 public:
  /// Not for callers: `rounded()` makes it.
  RoundedCall(F function, const Rounding& rounding)
      : function_(std::move(function)), rounding_(rounding) {}

  /// Not for callers: what it calls, and what else its results depend on.
  [[nodiscard]] const F& inner_function() const noexcept { return function_; }
  [[nodiscard]] std::uint64_t state_hash() const noexcept {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(rounding_.decimals)) << 8U |
           static_cast<std::uint64_t>(rounding_.depth);
  }

  R operator()(Args... args) const {
    return std::invoke(function_, round<Args>(static_cast<Args&&>(args))...);
  }

 private:
  /// Whether a rounded copy can stand for such an argument.
  template <typename Arg>
  static constexpr bool is_rounded =
      KeyDecodable<std::decay_t<Arg>> &&
      (!std::is_lvalue_reference_v<Arg> || std::is_const_v<std::remove_reference_t<Arg>>);

  template <typename Arg>
  decltype(auto) round(Arg&& arg) const {
    if constexpr (is_rounded<Arg>) {
      const CallKeys<std::decay_t<Arg>> keys({.rounding = rounding_});
      return std::decay_t<Arg>(std::get<0>(keys.arguments(keys(arg))));
    } else {
      return static_cast<Arg&&>(arg);
    }
  }

  mutable F function_;
  Rounding rounding_;
};

/// `f` with its arguments rounded before it gets them, unlike the rounding of call keys, which
/// decides only what results are found. What refers to a variable of the caller that may be
/// changed, and what is no key that can be read again, `f` gets as it is. `Signature` as for
/// `memoize()`.
template <typename Signature = void, typename F>
[[nodiscard]] auto rounded(F f, const Rounding& rounding) {
  return RoundedCall<detail::MemoSignature<Signature, F>, F>(std::move(f), rounding);
}

}  // namespace larder
