// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "larder/codec/codec.h"
#include "larder/codec/detail/block.h"
#include "larder/codec/schema.h"

namespace larder {

/// An array of exactly `N` elements.
template <typename T, std::size_t N>
struct Codec<std::array<T, N>> {
  static void encode(const std::array<T, N>& value, WireWriter& out) {
    const WireNesting nesting(out);
    out.write_array(N);
    for (const T& element : value) Codec<T>::encode(element, out);
  }

  static std::array<T, N> decode(WireReader& in) {
    const WireNesting nesting(in);
    if (in.read_array() != N) in.fail("another number of elements");
    return [&in]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<T, N>{(static_cast<void>(I), Codec<T>::decode(in))...};
    }(std::make_index_sequence<N>());
  }

  static consteval detail::Types<T> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return combined_schema(detail::composed_schema<Outer, T>("array"), N);
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }
};

/// Numbers, and arrays of them, go in one block.
template <typename T, std::size_t N>
  requires detail::BlockItem<std::array<T, N>>
struct Codec<std::array<T, N>> {
  static void encode(const std::array<T, N>& value, WireWriter& out) {
    detail::write_block(&value, 1, false, out);
  }

  static std::array<T, N> decode(WireReader& in) {
    std::array<T, N> value;
    detail::read_block_into(in, value);
    return value;
  }

  static consteval std::uint64_t schema() { return detail::block_schema<std::array<T, N>>(false); }
};

/// Binary data of a fixed size.
template <std::size_t N>
struct Codec<std::array<std::byte, N>> {
  static void encode(const std::array<std::byte, N>& value, WireWriter& out) {
    out.write_bin(value);
  }

  static std::array<std::byte, N> decode(WireReader& in) {
    const BytesView data = in.read_bin();
    if (data.size() != N) in.fail("binary data of another size");
    std::array<std::byte, N> value = {};
    std::copy(data.begin(), data.end(), value.begin());
    return value;
  }

  static consteval std::uint64_t schema() { return combined_schema(named_schema("binary"), N); }
};

}  // namespace larder
