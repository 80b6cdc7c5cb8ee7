// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "larder/memo/call_key.h"

namespace larder::detail {

template <typename T>
inline constexpr bool is_named_argument = false;
template <typename T>
inline constexpr bool is_named_argument<NamedArgument<T>> = true;

/// Whether these are to be put in their places first, as arguments for so many parameters.
template <std::size_t parameters, typename... Given>
inline constexpr bool is_unbound =
    sizeof...(Given) < parameters || (is_named_argument<std::remove_cvref_t<Given>> || ...);

[[noreturn]] void throw_wrong_type(std::string_view name);
[[noreturn]] void throw_given_twice(std::size_t position);
[[noreturn]] void throw_missing(std::size_t position);

/// Puts arguments that are given by position or by name to their places; the others get their
/// default.
template <typename... Args>
class BoundArguments {
 public:
  template <typename Keys, typename Defaults, typename... Given>
  BoundArguments(const Keys& keys, const Defaults& defaults, Given&&... given) {
    [[maybe_unused]] std::size_t position = 0;
    (place(keys, position, std::forward<Given>(given)), ...);
    fill(defaults.values(), std::index_sequence_for<Args...>{});
  }

  /// Calls `use(args...)` with the arguments as the parameters want them.
  template <typename Use>
  decltype(auto) apply(Use use) {
    return std::apply(
        [&](auto&... slots) -> decltype(auto) { return use(static_cast<Args&&>(*slots)...); },
        slots_);
  }

 private:
  template <typename Keys, typename Given>
  void place(const Keys& keys, std::size_t& position, Given&& given) {
    if constexpr (is_named_argument<std::remove_cvref_t<Given>>) {
      put(keys.position(given.name), given.name, std::forward<decltype(given.value)>(given.value));
    } else {
      put(position++, {}, std::forward<Given>(given));
    }
  }

  template <typename Value>
  void put(std::size_t position, std::string_view name, Value&& value) {
    put_at(position, name, std::forward<Value>(value), std::index_sequence_for<Args...>{});
  }

  template <typename Value, std::size_t... Index>
  void put_at(std::size_t position, std::string_view name, Value&& value,
              std::index_sequence<Index...>) {
    // NOLINTNEXTLINE(bugprone-use-after-move): one index is the position.
    ((Index == position ? put_into<Index>(name, std::forward<Value>(value)) : void()), ...);
  }

  template <std::size_t Index, typename Value>
  void put_into(std::string_view name, Value&& value) {
    auto& slot = std::get<Index>(slots_);
    using Argument = typename std::remove_reference_t<decltype(slot)>::value_type;
    if (slot) throw_given_twice(Index);
    if constexpr (std::is_convertible_v<Value&&, Argument>) {
      slot.emplace(static_cast<Argument>(std::forward<Value>(value)));
    } else {
      throw_wrong_type(name);
    }
  }

  template <typename Defaults, std::size_t... Index>
  void fill(const Defaults& defaults, std::index_sequence<Index...>) {
    (fill_one<Index>(std::get<Index>(defaults)), ...);
  }

  template <std::size_t Index, typename Default>
  void fill_one(const Default& value) {
    auto& slot = std::get<Index>(slots_);
    if (slot) return;
    if constexpr (requires { slot.emplace(*value); }) {
      if (value) slot.emplace(*value);
    }
    if (!slot) throw_missing(Index);
  }

  std::tuple<std::optional<std::decay_t<Args>>...> slots_;
};

}  // namespace larder::detail
