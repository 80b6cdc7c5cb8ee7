// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "larder/memo/memoize_options.h"

namespace larder::detail {

/// A function that is memoized, with what says which of its results are kept.
template <typename F, typename Result>
struct MemoFunction {
  using Stored = StoredResult<Result>;

  F function;
  std::function<bool(const Stored& result)> keep_if;

  template <typename... Args>
  Stored operator()(Args&&... args) {
    if constexpr (std::is_void_v<Result>) {
      std::invoke(function, std::forward<Args>(args)...);
      return {};
    } else {
      return std::invoke(function, std::forward<Args>(args)...);
    }
  }

  [[nodiscard]] bool keeps(const Stored& result) const { return !keep_if || keep_if(result); }

  /// The result of a call with these arguments, and whether it is kept.
  template <typename... Args>
  Loaded<Stored> load(Args&&... args) {
    Stored result = (*this)(std::forward<Args>(args)...);
    const bool is_kept = keeps(result);
    return {std::move(result), is_kept};
  }
};

/// Whether a copy of a `T` refers to what somebody else keeps, as far as its type tells.
template <typename T>
inline constexpr bool is_borrower = std::is_pointer_v<T> || std::ranges::borrowed_range<T>;
template <typename T>
inline constexpr bool is_borrower<std::reference_wrapper<T>> = true;
template <typename T>
inline constexpr bool is_borrower<std::optional<T>> = is_borrower<T>;
template <typename... Ts>
inline constexpr bool is_borrower<std::tuple<Ts...>> = (is_borrower<Ts> || ...);
template <typename A, typename B>
inline constexpr bool is_borrower<std::pair<A, B>> = is_borrower<A> || is_borrower<B>;
template <typename T, typename Allocator>
inline constexpr bool is_borrower<std::vector<T, Allocator>> = is_borrower<T>;
template <typename T, std::size_t size>
inline constexpr bool is_borrower<std::array<T, size>> = is_borrower<T>;

/// Whether an argument of this parameter may be copied, for a call that runs elsewhere and later.
template <typename Arg>
concept DetachableArgument =
    std::copy_constructible<std::decay_t<Arg>> && !is_borrower<std::decay_t<Arg>> &&
    (!std::is_lvalue_reference_v<Arg> || std::is_const_v<std::remove_reference_t<Arg>>);

/// One call, whose arguments are where the caller has them.
template <typename F, typename Result, typename... Args>
class MemoCall {
 public:
  using Function = MemoFunction<F, Result>;
  using Stored = typename Function::Stored;

  static constexpr bool is_detachable = (DetachableArgument<Args> && ...);

  /// `function` and the arguments must outlive the call.
  MemoCall(const std::shared_ptr<Function>& function, std::tuple<Args&&...> args)
      : function_(function), args_(std::move(args)) {}

  /// Computes the result. To be called once: arguments may be moved from.
  Stored run() { return std::apply(*function_, std::move(args_)); }

  /// The same, and whether it is kept.
  Loaded<Stored> load() {
    return std::apply([&](Args&&... args) { return function_->load(static_cast<Args&&>(args)...); },
                      std::move(args_));
  }

  /// `load()` with copies of the arguments, to run elsewhere.
  [[nodiscard]] std::function<Loaded<Stored>()> detach() const {
    if constexpr (is_detachable) {
      return [function = function_, own = std::tuple<std::decay_t<Args>...>(args_)]() mutable {
        return std::apply(
            [&](auto&... args) { return function->load(static_cast<Args&&>(args)...); }, own);
      };
    } else {
      return nullptr;
    }
  }

 private:
  const std::shared_ptr<Function>& function_;
  std::tuple<Args&&...> args_;
};

}  // namespace larder::detail
