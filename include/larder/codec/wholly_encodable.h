// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"

namespace larder {

namespace detail {

template <typename T, typename... Outer>
consteval bool is_wholly_encodable(Types<Outer...>);

template <typename Outer, typename... Parts>
consteval bool are_wholly_encodable(Types<Parts...>) {
  return (is_wholly_encodable<std::remove_all_extents_t<Parts>>(Outer()) && ...);
}

template <typename T, typename... Outer>
consteval bool is_wholly_encodable(Types<Outer...>) {
  constexpr bool holds_itself = (std::is_same_v<T, Outer> || ...);
  if constexpr (holds_itself || !Encodable<T>) {
    return holds_itself;
  } else if constexpr (requires { Codec<T>::parts(); }) {
    return are_wholly_encodable<Types<T, Outer...>>(Codec<T>::parts());
  } else {
    return true;
  }
}

}  // namespace detail

/// A type whose values can be encoded with all that they hold. `Encodable` asks nothing of what a
/// type is made of, as that may be the type itself.
template <typename T>
concept WhollyEncodable = detail::is_wholly_encodable<T>(detail::Types<>());

}  // namespace larder
