// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"
#include "larder/core/error.h"

namespace larder {

/// An array of the index of the alternative, from 0, and its value.
template <typename... T>
struct Codec<std::variant<T...>> {
  using Variant = std::variant<T...>;

  static void encode(const Variant& value, WireWriter& out) {
    if (value.valueless_by_exception()) {
      throw Error(ErrorKind::invalid_argument, "codec: a variant holds no value");
    }
    const WireNesting nesting(out);
    out.write_array(2);
    out.write_uint(value.index());
    std::visit([&out]<typename U>(const U& held) { Codec<U>::encode(held, out); }, value);
  }

  static Variant decode(WireReader& in) {
    const WireNesting nesting(in);
    if (in.read_array() != 2) in.fail("not the index and the value of a variant");
    const std::uint64_t index = in.read_uint();
    if (index >= sizeof...(T)) in.fail("no such alternative of a variant");
    return decode_alternative(index, in, std::index_sequence_for<T...>());
  }

  static consteval detail::Types<T...> parts() { return {}; }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return detail::composed_schema<Outer, T...>("variant");
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }

 private:
  template <std::size_t I>
  static Variant decode_at(WireReader& in) {
    using U = std::variant_alternative_t<I, Variant>;
    return Variant(std::in_place_index<I>, Codec<U>::decode(in));
  }

  template <std::size_t... I>
  static Variant decode_alternative(std::uint64_t index, WireReader& in,
                                    std::index_sequence<I...>) {
    static constexpr std::array<Variant (*)(WireReader&), sizeof...(T)> table = {&decode_at<I>...};
    return table[index](in);
  }
};

}  // namespace larder
