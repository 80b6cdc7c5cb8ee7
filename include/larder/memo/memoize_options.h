// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "larder/cache/load_options.h"
#include "larder/code/fingerprint.h"
#include "larder/code/function_code.h"
#include "larder/core/clock.h"
#include "larder/memo/call_key.h"

namespace larder {

namespace detail {

/// What is kept for a function that returns `Result`.
template <typename Result>
using StoredResult =
    std::conditional_t<std::is_void_v<Result>, std::monostate, std::remove_cvref_t<Result>>;

/// The value of an argument that a call leaves out; what cannot be copied has none.
template <typename Argument>
using DefaultArgument =
    std::conditional_t<std::copy_constructible<Argument>, std::optional<Argument>, std::monostate>;

}  // namespace detail

/// Values for arguments that a call leaves out, one for each parameter: `{{}, 0}` has one for the
/// second.
template <typename... Args>
class DefaultArguments {
 public:
  using Values = std::tuple<detail::DefaultArgument<Args>...>;

  DefaultArguments() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `.defaults = {{}, 0}` must read like that.
  DefaultArguments(detail::DefaultArgument<Args>... values)
    requires(sizeof...(Args) > 0)
      : values_(std::move(values)...) {}

  [[nodiscard]] const Values& values() const noexcept { return values_; }

 private:
  Values values_;
};

/// How a function with this signature is memoized.
template <typename Signature>
struct MemoizeOptions;

/// See `MemoizeOptions`.
template <typename Result, typename... Args>
struct MemoizeOptions<Result(Args...)> {
  /// What tells the function from others whose results are in the same place. Needed in places that
  /// outlive the program, unless the function has no state, and its code or its class tells it from
  /// all others: see docs/memo/README.md.
  std::string name = {};

  /// Change it when the function computes something else than before: older results are not found
  /// any more.
  std::string version = {};

  /// What stands for the code of the function: if it changes, older results are not found any more.
  /// Unset: the fingerprint of the machine code (`fingerprint_of`) of the function and of what it
  /// calls in its own binary. Empty: nothing, for a place that different builds share; then
  /// `version` alone tells old results from new ones.
  std::optional<std::string> code = std::nullopt;

  /// How the fingerprint is made while `code` is unset: which functions count by name only
  /// (`stable`), which libraries count, and so on.
  FingerprintOptions fingerprint = {};

  /// Further functions whose code counts while `code` is unset: those that are called by way of
  /// pointers, say.
  std::vector<FunctionCode> depends_on = {};

  /// How arguments become a key.
  CallKeyOptions keys = {};

  /// Makes the key by itself instead.
  typename CallKeys<std::decay_t<Args>...>::Custom key = {};

  /// A call that gives the default and one that leaves it out share a key.
  DefaultArguments<std::decay_t<Args>...> defaults = {};

  /// Whether a result is kept; unset: every result is. Who waits for one that is not kept computes
  /// as well.
  std::function<bool(const detail::StoredResult<Result>& result)> keep_if = {};

  /// How results are found, computed again, and stored. In memory there are no `put.tags` and no
  /// `put.idle_ttl`. Calls with arguments that cannot be copied, refer to what another keeps, or
  /// are references to what is not constant are computed again in the caller, whatever `refresh_on`
  /// says.
  LoadOptions load = {};

  /// What the function throws is thrown again for this long, instead of calling it. In memory only.
  std::optional<Duration> remember_errors_for = std::nullopt;
};

}  // namespace larder
