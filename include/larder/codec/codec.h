// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include "larder/codec/wire.h"
#include "larder/core/bytes.h"

namespace larder {

/// Turns a `T` into MessagePack and back. `larder/codec/standard.h` has the types of the standard
/// library and plain aggregates; specialize it for a type of your own:
///
/// @snippet custom_codec.cpp codec
template <typename T>
struct Codec;

/// A type that has a codec.
///
/// `encode` appends exactly one MessagePack value. `decode` reads exactly one and throws `Error`
/// of kind `corrupt` on bytes that `encode` did not write. `schema` identifies the shape of the
/// type: stored next to a value, so that a changed type is noticed instead of misread.
template <typename T>
concept Encodable = requires(const T& value, WireWriter& out, WireReader& in) {
  { Codec<T>::encode(value, out) } -> std::same_as<void>;
  { Codec<T>::decode(in) } -> std::same_as<T>;
  { Codec<T>::schema() } -> std::same_as<std::uint64_t>;
};

/// The encoding of `value`.
template <Encodable T>
[[nodiscard]] Bytes encode(const T& value) {
  Bytes out;
  WireWriter writer(out);
  Codec<T>::encode(value, writer);
  return out;
}

/// The value that `bytes` encode; there must be nothing behind it.
/// @throws Error `corrupt`
template <Encodable T>
[[nodiscard]] T decode(BytesView bytes) {
  WireReader reader(bytes);
  T value = Codec<T>::decode(reader);
  reader.expect_end();
  return value;
}

}  // namespace larder
