// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "larder/codec/detail/nullable.h"

namespace larder {

namespace detail {

/// The codec of an owning pointer: nil or what it points to.
template <typename T, typename Pointer>
struct PointerCodec {
  // The pointee may be the type that holds the pointer, so nothing is asked of it here.
  static constexpr bool may_be_nil = true;

  static void encode(const Pointer& value, WireWriter& out) {
    Nullable<T>::encode(value.get(), out);
  }

  static Pointer decode(WireReader& in) {
    return Nullable<T>::template decode<Pointer>(
        in, [&in] { return Pointer(new T(Codec<T>::decode(in))); });
  }

  static consteval Types<T> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return Nullable<T>::template schema<Outer>();
  }
  static consteval std::uint64_t schema() { return schema_in<Types<>>(); }
};

}  // namespace detail

/// Nil or the value pointed to, which is written each time it is met: sharing is not kept.
template <typename T>
  requires(!std::is_const_v<T> && !std::is_array_v<T>)
struct Codec<std::unique_ptr<T>> : detail::PointerCodec<T, std::unique_ptr<T>> {};

/// Nil or the value pointed to, which is written each time it is met: sharing is not kept.
template <typename T>
  requires(!std::is_const_v<T> && !std::is_array_v<T>)
struct Codec<std::shared_ptr<T>> : detail::PointerCodec<T, std::shared_ptr<T>> {};

}  // namespace larder
