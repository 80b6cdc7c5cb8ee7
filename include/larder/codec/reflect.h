// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "larder/codec/array.h"
#include "larder/codec/codec.h"
#include "larder/codec/detail/aggregate.h"
#include "larder/codec/schema.h"
#include "larder/core/fields.h"

namespace larder {

/// An aggregate is an array of its members, in order of declaration. Its schema changes if a member
/// is added, removed, moved or changes its type, so that older values are noticed; it does not know
/// names. Give the aggregate a
///
///     static constexpr int codec_version = 2;
///
/// and raise it if the same members mean something else than before.
template <Aggregate T>
struct Codec<T> {
  static void encode(const T& value, WireWriter& out) {
    check();
    const WireNesting nesting(out);
    out.write_array(detail::field_count<T>());
    detail::visit_fields(value,
                         [&](const auto&... field) { (detail::encode_field(field, out), ...); });
  }

  static T decode(WireReader& in) {
    check();
    const WireNesting nesting(in);
    if (in.read_array() != detail::field_count<T>()) in.fail("another number of members");
    return detail::decode_fields<T>(in, detail::FieldTypes<T>());
  }

  /// What cannot be reflected has a part that no codec is for.
  static consteval auto parts() {
    if constexpr (detail::has_base<T>) {
      return detail::Types<void>();
    } else {
      return detail::FieldTypes<T>();
    }
  }
  template <typename Outer>
  static consteval std::uint64_t schema_in() {
    return detail::aggregate_schema<T, Outer>();
  }
  static consteval std::uint64_t schema() { return schema_in<detail::Types<>>(); }

 private:
  static constexpr void check() {
    static_assert(!detail::has_base<T>,
                  "larder does not reflect a class with a base; specialize larder::Codec for it");
  }
};

}  // namespace larder
