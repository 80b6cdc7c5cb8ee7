// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace larder::detail {

// How many members an aggregate has, found by asking what it can be initialized with.
//
// Let `any` convert to everything. `T{any, any, ...}` takes at most `flat` of them: one for each
// member, except that a member that is a C array cannot be made from one `any` and swallows one for
// each of its elements. So we walk over the members. The member that begins at flat position p is
// initialized with `{}` instead, and we look how many `any` fit behind it: `flat - p - 1` if it was
// an ordinary member, `flat - p - k` if it was an array of k.

/// Converts to everything. Never defined: it only appears in questions.
struct AnyValue {
  template <typename T>
  operator T() const noexcept;  // NOLINT(google-explicit-constructor)
};

/// Converts only to bases of `T`.
template <typename T>
struct AnyBaseOf {
  template <typename Base>
    requires(std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>)
  operator Base() const noexcept;  // NOLINT(google-explicit-constructor)
};

/// `AnyValue`, once for each index.
template <std::size_t>
using AnyAt = AnyValue;

template <typename T, std::size_t... I>
consteval bool takes(std::index_sequence<I...>) {
  return requires { T{AnyAt<I>{}...}; };
}

template <typename T, std::size_t... Before, std::size_t... After>
consteval bool takes_around(std::index_sequence<Before...>, std::index_sequence<After...>) {
  return requires { T{AnyAt<Before>{}..., {}, AnyAt<After>{}...}; };
}

template <typename T, std::size_t Count>
inline constexpr bool takes_flat = takes<T>(std::make_index_sequence<Count>());

template <typename T, std::size_t Before, std::size_t After>
inline constexpr bool takes_gap =
    takes_around<T>(std::make_index_sequence<Before>(), std::make_index_sequence<After>());

/// The largest count in [Low, High) that `Fits`, which is true for `Low` and, once false, stays so.
template <template <std::size_t> typename Fits, std::size_t Low, std::size_t High>
consteval std::size_t bisect() {
  if constexpr (High - Low == 1) {
    return Low;
  } else {
    constexpr std::size_t middle = Low + (High - Low) / 2;
    if constexpr (Fits<middle>::value) {
      return bisect<Fits, middle, High>();
    } else {
      return bisect<Fits, Low, middle>();
    }
  }
}

/// The largest count from `Count` on that `Fits`; doubles first, so that a large array costs few
/// questions.
template <template <std::size_t> typename Fits, std::size_t Low, std::size_t Step = 1>
consteval std::size_t largest() {
  if constexpr (Fits<Low + Step>::value) {
    return largest<Fits, Low + Step, 2 * Step>();
  } else {
    return bisect<Fits, Low, Low + Step>();
  }
}

/// Stands for members that cannot be seen.
inline constexpr std::size_t no_count = SIZE_MAX;

/// How far to look for members that must be given.
template <typename T>
inline constexpr std::size_t most_required = std::min(sizeof(T) * CHAR_BIT + 1, std::size_t{512});

/// The first count from `From` on that `T` takes, or `no_count`. It is not 0 for types with members
/// that must be given.
template <typename T, std::size_t From = 0>
consteval std::size_t smallest_flat() {
  if constexpr (From > most_required<T>) {
    return no_count;
  } else if constexpr (takes_flat<T, From>) {
    return From;
  } else {
    return smallest_flat<T, From + 1>();
  }
}

template <typename T>
struct FlatFits {
  template <std::size_t Count>
  using Type = std::bool_constant<takes_flat<T, Count>>;
};

template <typename T, std::size_t Before>
struct GapFits {
  template <std::size_t After>
  using Type = std::bool_constant<takes_gap<T, Before, After>>;
};

/// How many flat initializers the member at flat position `At` takes, if members behind it must be
/// given: asks one by one.
template <typename T, std::size_t At, std::size_t Flat, std::size_t After>
consteval std::size_t width_before_required() {
  if constexpr (takes_gap<T, At, After>) {
    return Flat - At - After;
  } else if constexpr (After == 0) {
    return 1;  // cannot be made from {} itself, so it is no array that could be read into
  } else {
    return width_before_required<T, At, Flat, After - 1>();
  }
}

/// How many flat initializers the member at flat position `At` takes.
template <typename T, std::size_t At, std::size_t Flat>
consteval std::size_t member_width() {
  if constexpr (takes_gap<T, At, Flat - At - 1>) {
    return 1;
  } else if constexpr (takes_gap<T, At, 0>) {
    return Flat - At - largest<GapFits<T, At>::template Type, 0>();
  } else {
    return width_before_required<T, At, Flat, Flat - At - 1>();
  }
}

template <typename T, std::size_t Flat, std::size_t At = 0>
consteval std::size_t count_members() {
  if constexpr (At >= Flat) {
    return 0;
  } else {
    return 1 + count_members<T, Flat, At + member_width<T, At, Flat>()>();
  }
}

/// The number of members of `T`, or `no_count` for a `T` that nothing can be made of.
template <typename T>
consteval std::size_t visible_fields() {
  if constexpr (constexpr std::size_t least = smallest_flat<T>(); least == no_count) {
    return no_count;
  } else {
    return count_members<T, largest<FlatFits<T>::template Type, least>()>();
  }
}

/// The number of members of `T`.
template <typename T>
consteval std::size_t field_count() {
  static_assert(visible_fields<T>() != no_count,
                "larder cannot see the members of this type; specialize larder::Codec or "
                "larder::KeyCodec for it");
  return visible_fields<T>();
}

/// Converts to nothing, but a `std::any` takes it.
struct Stranger {};

template <typename T, typename First, std::size_t... After>
consteval bool begins_with(std::index_sequence<After...>) {
  return requires { T{First{}, AnyAt<After>{}...}; };
}

/// Whether `T` has a base class and takes `After` initializers behind that.
template <typename T, std::size_t After>
inline constexpr bool has_base_before =
    begins_with<T, AnyBaseOf<T>>(std::make_index_sequence<After>()) &&
    !begins_with<T, Stranger>(std::make_index_sequence<After>());

/// Whether `T` has a base class: bases come first, so one that converts only to bases tells. What
/// must be given is given behind it.
template <typename T>
inline constexpr bool has_base = [] {
  constexpr std::size_t least = smallest_flat<T>();
  if constexpr (least != no_count && least > 1 && !has_base_before<T, 0>) {
    return has_base_before<T, least - 1>;
  } else {
    return has_base_before<T, 0>;
  }
}();

}  // namespace larder::detail
