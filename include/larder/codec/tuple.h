// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <tuple>
#include <utility>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"

namespace larder {

/// An array of the elements. A tuple, a pair and an aggregate of the same types share one schema.
template <typename... T>
struct Codec<std::tuple<T...>> {
  static void encode(const std::tuple<T...>& value, WireWriter& out) {
    const WireNesting nesting(out);
    out.write_array(sizeof...(T));
    std::apply([&](const T&... element) { (Codec<T>::encode(element, out), ...); }, value);
  }

  static std::tuple<T...> decode(WireReader& in) {
    const WireNesting nesting(in);
    if (in.read_array() != sizeof...(T)) in.fail("another number of elements");
    return std::tuple<T...>{Codec<T>::decode(in)...};  // braces: in this order
  }

  static consteval detail::Types<T...> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return detail::composed_schema<Outer, T...>("tuple");
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }
};

/// An array of two.
template <typename First, typename Second>
struct Codec<std::pair<First, Second>> {
  static void encode(const std::pair<First, Second>& value, WireWriter& out) {
    const WireNesting nesting(out);
    out.write_array(2);
    Codec<First>::encode(value.first, out);
    Codec<Second>::encode(value.second, out);
  }

  static std::pair<First, Second> decode(WireReader& in) {
    const WireNesting nesting(in);
    if (in.read_array() != 2) in.fail("another number of elements");
    return std::pair<First, Second>{Codec<First>::decode(in), Codec<Second>::decode(in)};
  }

  static consteval detail::Types<First, Second> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return detail::composed_schema<Outer, First, Second>("tuple");
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }
};

}  // namespace larder
