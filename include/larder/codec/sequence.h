// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <vector>

#include "larder/codec/codec.h"
#include "larder/codec/detail/block.h"
#include "larder/codec/schema.h"

namespace larder {

namespace detail {

/// How many elements to make room for at once: all of a usual sequence, but never much more memory
/// than the input is long, because its count may lie.
template <typename T>
std::size_t first_reserve(std::size_t count) {
  return std::min(count, std::max<std::size_t>(16, (std::size_t{64} << 10) / sizeof(T)));
}

/// A sequence is an array of its elements.
template <typename T, typename Sequence>
struct SequenceCodec {
  static void encode(const Sequence& value, WireWriter& out) {
    const WireNesting nesting(out);
    out.write_array(value.size());
    for (const T& element : value) Codec<T>::encode(element, out);
  }

  static Sequence decode(WireReader& in) {
    const WireNesting nesting(in);
    const std::size_t count = in.read_array();
    Sequence value;
    if constexpr (requires { value.reserve(count); }) value.reserve(first_reserve<T>(count));
    for (std::size_t i = 0; i < count; ++i) value.push_back(Codec<T>::decode(in));
    return value;
  }

  static consteval Types<T> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return composed_schema<Outer, T>("list");
  }
  static consteval std::uint64_t schema() { return schema_in<Types<>>(); }
};

}  // namespace detail

/// An array of the elements.
template <typename T>
struct Codec<std::vector<T>> : detail::SequenceCodec<T, std::vector<T>> {};

/// Numbers, and arrays of numbers of fixed size, go in one block, a copy of memory.
template <detail::BlockItem T>
struct Codec<std::vector<T>> {
  static void encode(const std::vector<T>& value, WireWriter& out) {
    detail::write_block(value.data(), value.size(), true, out);
  }

  static std::vector<T> decode(WireReader& in) {
    const BytesView data = detail::read_block_data<T>(in, true);
    std::vector<T> value(data.size() / sizeof(T));
    if (!data.empty()) std::memcpy(value.data(), data.data(), data.size());
    return value;
  }

  static consteval std::uint64_t schema() { return detail::block_schema<T>(true); }
};

/// A block of bytes 0 and 1.
template <>
struct Codec<std::vector<bool>> {
  static void encode(const std::vector<bool>& value, WireWriter& out);
  static std::vector<bool> decode(WireReader& in);
  static consteval std::uint64_t schema() { return detail::block_schema<bool>(true); }
};

/// An array of the elements.
template <typename T>
struct Codec<std::deque<T>> : detail::SequenceCodec<T, std::deque<T>> {};

/// An array of the elements.
template <typename T>
struct Codec<std::list<T>> : detail::SequenceCodec<T, std::list<T>> {};

}  // namespace larder
