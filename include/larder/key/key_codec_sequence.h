// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "larder/key/key_codec.h"

namespace larder {

/// A tuple of any length; equal to a sequence of the same elements. Elements may be references.
template <typename... Elements>
  requires(KeyEncodable<std::decay_t<Elements>> && ...)
struct KeyCodec<std::tuple<Elements...>> {
  using Tuple = std::tuple<Elements...>;

  static void encode(const Tuple& tuple, KeyWriter& out) {
    out.begin_tuple();
    std::apply([&](const auto&... elements) { (detail::encode_key(elements, out), ...); }, tuple);
    out.end_tuple();
  }
  static Tuple decode(KeyReader& in)
    requires(KeyDecodable<Elements> && ...)
  {
    in.begin_tuple();
    Tuple tuple{KeyCodec<Elements>::decode(in)...};  // braces: from left to right
    in.end_tuple();
    return tuple;
  }
};

/// A tuple of two.
template <typename First, typename Second>
  requires(KeyEncodable<std::decay_t<First>> && KeyEncodable<std::decay_t<Second>>)
struct KeyCodec<std::pair<First, Second>> {
  static void encode(const std::pair<First, Second>& pair, KeyWriter& out) {
    out.begin_tuple();
    detail::encode_key(pair.first, out);
    detail::encode_key(pair.second, out);
    out.end_tuple();
  }
  static std::pair<First, Second> decode(KeyReader& in)
    requires(KeyDecodable<First> && KeyDecodable<Second>)
  {
    in.begin_tuple();
    std::pair<First, Second> pair{KeyCodec<First>::decode(in), KeyCodec<Second>::decode(in)};
    in.end_tuple();
    return pair;
  }
};

/// A tuple of as many elements.
template <KeyEncodable T, typename Allocator>
struct KeyCodec<std::vector<T, Allocator>> {
  static void encode(const std::vector<T, Allocator>& elements, KeyWriter& out) {
    out.begin_tuple();
    for (auto&& element : elements) KeyCodec<T>::encode(element, out);
    out.end_tuple();
  }
  static std::vector<T, Allocator> decode(KeyReader& in)
    requires KeyDecodable<T>
  {
    std::vector<T, Allocator> elements;
    in.begin_tuple();
    while (!in.at_tuple_end()) elements.push_back(KeyCodec<T>::decode(in));
    in.end_tuple();
    return elements;
  }
};

/// A tuple of `Size` elements. Reading another number of them throws `invalid_argument`.
template <KeyEncodable T, std::size_t Size>
struct KeyCodec<std::array<T, Size>> {
  static void encode(const std::array<T, Size>& elements, KeyWriter& out) {
    out.begin_tuple();
    for (const T& element : elements) KeyCodec<T>::encode(element, out);
    out.end_tuple();
  }
  static std::array<T, Size> decode(KeyReader& in)
    requires KeyDecodable<T>
  {
    in.begin_tuple();
    auto elements = decode_all(in, std::make_index_sequence<Size>{});
    in.end_tuple();
    return elements;
  }

 private:
  template <std::size_t... Index>
  static std::array<T, Size> decode_all([[maybe_unused]] KeyReader& in,
                                        std::index_sequence<Index...>) {
    return {((void)Index, KeyCodec<T>::decode(in))...};
  }
};

}  // namespace larder
