// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "larder/core/type_list.h"

namespace larder {

template <typename T>
struct Codec;

/// The schema of a kind of value with this name, for a codec of your own. Change the name, say from
/// "acme.date/1" to "acme.date/2", when the encoding changes. Stored on disk: never change.
[[nodiscard]] constexpr std::uint64_t named_schema(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// The schema of something made of two parts, in this order. Stored on disk: never change.
[[nodiscard]] constexpr std::uint64_t combined_schema(std::uint64_t first,
                                                      std::uint64_t second) noexcept {
  std::uint64_t hash = first * 0x9e3779b97f4a7c15 + second;  // then the finalizer of SplitMix64
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

namespace detail {

/// The schema of `T` as a part of the types in `Outer`, innermost first. Only aggregates look at
/// `Outer`, and only to notice that they contain themselves; a codec written by a user knows
/// nothing of it.
template <typename T, typename Outer>
consteval std::uint64_t schema_within() {
  if constexpr (requires { Codec<T>::template schema_in<Outer>(); }) {
    return Codec<T>::template schema_in<Outer>();
  } else {
    return Codec<T>::schema();
  }
}

/// The schema of kind `name` with the parts `Parts`.
template <typename Outer, typename... Parts>
consteval std::uint64_t composed_schema(std::string_view name) {
  std::uint64_t hash = named_schema(name);
  ((hash = combined_schema(hash, schema_within<Parts, Outer>())), ...);
  return hash;
}

/// Whether the encoding of some `T` is nil, so that an `optional<T>` has to tell that from nothing.
template <typename T>
inline constexpr bool may_be_nil = [] {
  if constexpr (requires { Codec<T>::may_be_nil; }) {
    return Codec<T>::may_be_nil;
  } else {
    return false;
  }
}();

}  // namespace detail
}  // namespace larder
