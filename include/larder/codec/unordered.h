// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"

namespace larder {

namespace detail {

/// Sorts what was appended to `bytes` since `begin`, pieces that end at `ends`, by their bytes:
/// equal containers give equal bytes, however they were filled.
void sort_pieces(Bytes& bytes, std::size_t begin, const std::vector<std::size_t>& ends);

/// Notices keys that are not in the order of their bytes.
class PieceOrder {
 public:
  /// Throws if the piece read since `from` comes before the one passed last.
  void check(const WireReader& in, std::size_t from) {
    const BytesView piece = in.read_since(from);
    if (compare(piece, last_) < 0) in.fail("keys out of order");
    last_ = piece;
  }

 private:
  BytesView last_ = {};
};

}  // namespace detail

/// An array of the elements, sorted by their encoding.
template <typename T, typename Hash, typename Equal>
struct Codec<std::unordered_set<T, Hash, Equal>> {
  using Set = std::unordered_set<T, Hash, Equal>;

  static void encode(const Set& value, WireWriter& out) {
    const WireNesting nesting(out);
    out.write_array(value.size());
    const std::size_t begin = out.bytes().size();
    std::vector<std::size_t> ends;
    ends.reserve(value.size());
    for (const T& element : value) {
      Codec<T>::encode(element, out);
      ends.push_back(out.bytes().size());
    }
    detail::sort_pieces(out.bytes(), begin, ends);
  }

  static Set decode(WireReader& in) {
    const WireNesting nesting(in);
    Set value;
    detail::PieceOrder order;
    for (std::size_t left = in.read_array(); left > 0; --left) {
      const std::size_t from = in.position();
      T element = Codec<T>::decode(in);
      order.check(in, from);
      if (!value.insert(std::move(element)).second) in.fail("the same element twice");
    }
    return value;
  }

  static consteval detail::Types<T> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return detail::composed_schema<Outer, T>("unordered_set");
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }
};

/// A map, sorted by the encoding of its keys.
template <typename K, typename V, typename Hash, typename Equal>
struct Codec<std::unordered_map<K, V, Hash, Equal>> {
  using Map = std::unordered_map<K, V, Hash, Equal>;

  static void encode(const Map& value, WireWriter& out) {
    const WireNesting nesting(out);
    out.write_map(value.size());
    const std::size_t begin = out.bytes().size();
    std::vector<std::size_t> ends;
    ends.reserve(value.size());
    for (const auto& [key, mapped] : value) {
      Codec<K>::encode(key, out);
      Codec<V>::encode(mapped, out);
      ends.push_back(out.bytes().size());
    }
    detail::sort_pieces(out.bytes(), begin, ends);
  }

  static Map decode(WireReader& in) {
    const WireNesting nesting(in);
    Map value;
    detail::PieceOrder order;
    for (std::size_t left = in.read_map(); left > 0; --left) {
      const std::size_t from = in.position();
      K key = Codec<K>::decode(in);
      order.check(in, from);
      if (!value.emplace(std::move(key), Codec<V>::decode(in)).second) {
        in.fail("the same key twice");
      }
    }
    return value;
  }

  static consteval detail::Types<K, V> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return detail::composed_schema<Outer, K, V>("unordered_map");
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }
};

}  // namespace larder
