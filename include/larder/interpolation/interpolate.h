// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/code/fingerprint.h"
#include "larder/code/function_code.h"
#include "larder/core/function_ref.h"
#include "larder/interpolation/options.h"

namespace larder {

/// Who an interpolated function is: values are found again by the same one only.
struct InterpolatedFunction {
  /// Tells it from others whose values are in the same cache.
  std::string name = {};

  /// Change it when the function computes something else than before.
  std::string version = {};

  /// What stands for its code. Unset: the fingerprint of its machine code and of what it calls in
  /// its own binary (`fingerprint_of`). Empty: nothing, for a cache that different builds share.
  std::optional<std::string> code = std::nullopt;

  /// How the fingerprint is made.
  FingerprintOptions fingerprint = {};

  /// Further functions whose code counts while `code` is unset.
  std::vector<FunctionCode> depends_on = {};
};

/// What an interpolated function did with the calls of this process.
struct InterpolationStats {
  std::uint64_t computed = 0;   ///< The function was called.
  std::uint64_t known = 0;      ///< The value for exactly these arguments was there.
  std::uint64_t estimated = 0;  ///< The value was made of those of neighbours.
  std::uint64_t points = 0;     ///< Known to this process now.
};

namespace detail {

/// An interpolated function, whatever is called.
///
/// Thread-safe.
class InterpolatedCalls {
 public:
  InterpolatedCalls(Cache cache, const InterpolationOptions& options);

  double call(std::span<const double> point, FunctionRef<double()> compute);
  double exact(std::span<const double> point, FunctionRef<double()> compute);
  [[nodiscard]] std::optional<Estimate> estimate(std::span<const double> point);
  [[nodiscard]] InterpolationStats stats() const;
  void reload();

 private:
  class State;
  std::shared_ptr<State> state_;
};

/// The cache within `cache` for the values of the function whose code is the first of `functions`;
/// `cache` itself if nothing is to tell it from others.
[[nodiscard]] Cache cache_for(Cache cache, const InterpolatedFunction& who,
                              const std::vector<FunctionCode>& functions);

/// The code of `function`, called with a point or with some numbers.
template <typename Function, typename... Numbers>
FunctionCode code_of(Function& function) {
  constexpr std::size_t most_numbers = 64;
  if constexpr (!std::is_class_v<Function> || HasOneCallOperator<Function>) {
    return FunctionCode::of(function);
  } else if constexpr (std::invocable<Function&, std::span<const double>>) {
    return FunctionCode::of<std::span<const double>>(function);
  } else if constexpr (std::invocable<Function&, Numbers...> || sizeof...(Numbers) > most_numbers) {
    return FunctionCode::of<Numbers...>(function);
  } else {
    return code_of<Function, Numbers..., double>(function);
  }
}

/// Arguments as one point: a range of numbers as it is, or the numbers one by one.
template <typename... Args>
[[nodiscard]] auto point_of(const Args&... args) {
  if constexpr (sizeof...(Args) == 1 &&
                (std::convertible_to<const Args&, std::span<const double>> && ...)) {
    return std::span<const double>(args...);
  } else {
    return std::array<double, sizeof...(Args)>{static_cast<double>(args)...};
  }
}

}  // namespace detail

/// A function of numbers that is called only where nothing is known nearby; elsewhere its value is
/// made of the values at near points. What it returned is kept in a cache: for the next run, and
/// for other processes, whose values are found when one is missing here.
///
/// It is called with what the caller gave: some numbers, or one `std::vector<double>` or
/// `std::span<const double>`.
///
/// Thread-safe if the function is. A copy knows the same points.
///
/// @snippet interpolate.cpp interpolate
template <typename Function>
class Interpolated {
 public:
  Interpolated(Cache cache, Function function, const InterpolationOptions& options)
      : calls_(std::move(cache), options), function_(std::move(function)) {}

  /// The value, known or estimated or, if neither is to be had, what the function returns, which
  /// is kept. Of all who want the same point at once one computes it. For a number that is not
  /// finite the function is called, and nothing is kept.
  /// @throws Error `invalid_argument` for a wrong number of dimensions, and as
  /// `Cache::get_or_load()` does; and what the function throws
  template <typename... Args>
    requires std::invocable<Function&, const Args&...>
  double operator()(const Args&... args) {
    return calls_.call(detail::point_of(args...), [&] { return call(args...); });
  }

  /// The same without estimates: the value that the function has there.
  template <typename... Args>
    requires std::invocable<Function&, const Args&...>
  double exact(const Args&... args) {
    return calls_.exact(detail::point_of(args...), [&] { return call(args...); });
  }

  /// What is known or to be expected there, or nothing. Never calls the function.
  template <typename... Args>
    requires std::invocable<Function&, const Args&...>
  [[nodiscard]] std::optional<Estimate> estimate(const Args&... args) {
    return calls_.estimate(detail::point_of(args...));
  }

  [[nodiscard]] InterpolationStats stats() const { return calls_.stats(); }

  /// Forgets the points in memory and reads those that the cache holds now: after entries were
  /// removed or changed there.
  void reload() { calls_.reload(); }

 private:
  template <typename... Args>
  double call(const Args&... args) {
    return static_cast<double>(std::invoke(function_, args...));
  }

  detail::InterpolatedCalls calls_;
  Function function_;
};

/// Interpolates `function`. Its values are kept in a cache within `cache` that is known by its
/// name, version and code: another function finds them no more than an older state of this one,
/// but for what it has captured. If all three are empty they are in `cache` itself.
/// @throws Error `invalid_argument` for a bad option, `not_supported` for a cache in shards
template <typename Function>
[[nodiscard]] Interpolated<Function> interpolate(Cache cache, Function function,
                                                 const InterpolationOptions& options,
                                                 const InterpolatedFunction& who = {}) {
  std::vector<FunctionCode> functions = who.depends_on;
  functions.insert(functions.begin(), detail::code_of(function));
  return Interpolated<Function>(detail::cache_for(std::move(cache), who, functions),
                                std::move(function), options);
}

}  // namespace larder
