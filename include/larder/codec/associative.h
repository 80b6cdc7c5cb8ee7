// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"

namespace larder {

/// An array of the elements in their order, which must be strictly increasing.
template <typename T, typename Less>
struct Codec<std::set<T, Less>> {
  static void encode(const std::set<T, Less>& value, WireWriter& out) {
    const WireNesting nesting(out);
    out.write_array(value.size());
    for (const T& element : value) Codec<T>::encode(element, out);
  }

  static std::set<T, Less> decode(WireReader& in) {
    const WireNesting nesting(in);
    std::set<T, Less> value;
    for (std::size_t left = in.read_array(); left > 0; --left) {
      T element = Codec<T>::decode(in);
      if (!value.empty() && !value.key_comp()(*value.rbegin(), element)) {
        in.fail("elements of a set out of order");
      }
      value.insert(value.end(), std::move(element));
    }
    return value;
  }

  static consteval detail::Types<T> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return detail::composed_schema<Outer, T>("set");
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }
};

/// A map in the order of its keys, which must be strictly increasing.
template <typename K, typename V, typename Less>
struct Codec<std::map<K, V, Less>> {
  static void encode(const std::map<K, V, Less>& value, WireWriter& out) {
    const WireNesting nesting(out);
    out.write_map(value.size());
    for (const auto& [key, mapped] : value) {
      Codec<K>::encode(key, out);
      Codec<V>::encode(mapped, out);
    }
  }

  static std::map<K, V, Less> decode(WireReader& in) {
    const WireNesting nesting(in);
    std::map<K, V, Less> value;
    for (std::size_t left = in.read_map(); left > 0; --left) {
      K key = Codec<K>::decode(in);
      if (!value.empty() && !value.key_comp()(value.rbegin()->first, key)) {
        in.fail("keys of a map out of order");
      }
      value.emplace_hint(value.end(), std::move(key), Codec<V>::decode(in));
    }
    return value;
  }

  static consteval detail::Types<K, V> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return detail::composed_schema<Outer, K, V>("map");
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }
};

}  // namespace larder
