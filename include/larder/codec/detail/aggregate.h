// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "larder/codec/codec.h"
#include "larder/codec/detail/block.h"
#include "larder/codec/schema.h"
#include "larder/core/fields.h"

namespace larder::detail {

/// Encodes a member. A C array is like a `std::array`: numbers in a block, else an array.
template <typename Field>
void encode_field(const Field& field, WireWriter& out) {
  if constexpr (!std::is_array_v<Field>) {
    static_assert(Encodable<Field>,
                  "a member has a type without a codec; specialize larder::Codec for that type");
    Codec<Field>::encode(field, out);
  } else if constexpr (BlockItem<Field>) {
    write_block(&field, 1, false, out);
  } else {
    const WireNesting nesting(out);
    out.write_array(std::extent_v<Field>);
    for (const auto& element : field) encode_field(element, out);
  }
}

/// Decodes into a member that exists already.
template <typename Field>
void decode_field(Field& field, WireReader& in) {
  if constexpr (!std::is_array_v<Field>) {
    field = Codec<Field>::decode(in);
  } else if constexpr (BlockItem<Field>) {
    read_block_into(in, field);
  } else {
    const WireNesting nesting(in);
    if (in.read_array() != std::extent_v<Field>) in.fail("another number of elements");
    for (auto& element : field) decode_field(element, in);
  }
}

/// Makes a `T` from its members. Without C arrays each is made in place, so they need neither a
/// default nor an assignment.
template <typename T, typename... Field>
T decode_fields(WireReader& in, Types<Field...>) {
  if constexpr ((std::is_array_v<Field> || ...)) {
    static_assert(std::is_default_constructible_v<T>,
                  "a class with a C array must be default constructible; use std::array instead");
    T value{};
    visit_fields(value, [&](auto&... field) { (decode_field(field, in), ...); });
    return value;
  } else {
    return T{Codec<Field>::decode(in)...};  // braces: in this order
  }
}

template <typename Field, typename Outer>
consteval std::uint64_t field_schema() {
  if constexpr (!std::is_array_v<Field>) {
    return schema_within<Field, Outer>();
  } else if constexpr (BlockItem<Field>) {
    return block_schema<Field>(false);
  } else {
    using Element = std::remove_extent_t<Field>;
    return combined_schema(combined_schema(named_schema("array"), field_schema<Element, Outer>()),
                           std::extent_v<Field>);
  }
}

/// Where `T` is in `Outer`, from 1, or 0.
template <typename T, typename... Outer>
consteval std::size_t place_in(Types<Outer...>) {
  std::size_t at = 0;
  std::size_t place = 0;
  ((++at, place = place == 0 && std::is_same_v<T, Outer> ? at : place), ...);
  return place;
}

template <typename T, typename... Outer, typename... Field>
consteval std::uint64_t fields_schema(Types<Outer...>, Types<Field...>) {
  std::uint64_t hash = named_schema("tuple");
  ((hash = combined_schema(hash, field_schema<Field, Types<T, Outer...>>())), ...);
  if constexpr (requires { T::codec_version; }) {
    hash = combined_schema(combined_schema(named_schema("version"), T::codec_version), hash);
  }
  return hash;
}

/// The schema of `T`. Inside itself it is only "the type so many levels further out".
template <typename T, typename Outer>
consteval std::uint64_t aggregate_schema() {
  if constexpr (constexpr std::size_t place = place_in<T>(Outer()); place != 0) {
    return combined_schema(named_schema("outer"), place);
  } else {
    return fields_schema<T>(Outer(), FieldTypes<T>());
  }
}

}  // namespace larder::detail
