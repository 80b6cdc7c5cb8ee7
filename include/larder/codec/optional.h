// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "larder/codec/detail/nullable.h"

namespace larder {

/// Nil or the value.
template <typename T>
  requires(!std::is_const_v<T>)
struct Codec<std::optional<T>> {
  static constexpr bool may_be_nil = !detail::Nullable<T>::wrapped;

  static void encode(const std::optional<T>& value, WireWriter& out) {
    detail::Nullable<T>::encode(value ? &*value : nullptr, out);
  }

  static std::optional<T> decode(WireReader& in) {
    return detail::Nullable<T>::template decode<std::optional<T>>(
        in, [&in] { return std::optional<T>(Codec<T>::decode(in)); });
  }

  static consteval detail::Types<T> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return detail::Nullable<T>::template schema<Outer>();
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }
};

}  // namespace larder
