// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <typeinfo>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"
#include "larder/codec/standard.h"
#include "larder/key/key_prefix.h"
#include "larder/memo/call_key.h"

namespace larder::detail {

/// Of types that have a codec, the same in every program.
template <typename T>
constexpr std::uint64_t type_hash() {
  if constexpr (Encodable<T>) {
    return Codec<T>::schema();
  } else {
    return 0;
  }
}

template <typename... Types>
constexpr std::uint64_t signature_hash() {
  std::uint64_t hash = sizeof...(Types);
  ((hash = combined_schema(hash, type_hash<Types>())), ...);
  return hash;
}

/// What is known, completed: without a name, that of the `type` of the function, if it is the same
/// in every program. Null: the type says nothing.
/// @throws Error `invalid_argument` if nothing tells the function from others
[[nodiscard]] FunctionIdentity function_identity(FunctionIdentity known,
                                                 const std::type_info* type);

/// How the keys of all results of a function begin.
[[nodiscard]] KeyPrefix keys_of(const FunctionIdentity& identity);

[[noreturn]] void throw_errors_not_kept();

}  // namespace larder::detail
