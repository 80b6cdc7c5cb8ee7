// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"
#include "larder/core/error.h"

namespace larder::detail {

/// What `optional` and the owning pointers share: nil or the value. Where the value itself may be
/// nil it is put into an array: `[]` is nothing, `[nil]` is a value.
template <typename T>
struct Nullable {
  static constexpr bool wrapped = may_be_nil<T>;

  static void encode(const T* value, WireWriter& out) {
    if constexpr (wrapped) {
      const WireNesting nesting(out);
      out.write_array(value == nullptr ? 0 : 1);
      if (value != nullptr) Codec<T>::encode(*value, out);
    } else {
      if (value == nullptr) return out.write_nil();
      const std::size_t at = out.bytes().size();
      Codec<T>::encode(*value, out);
      if (out.bytes()[at] == std::byte{0xc0}) {
        throw Error(
            ErrorKind::invalid_argument,
            "codec: a value in an optional was encoded as nil; set may_be_nil in its codec");
      }
    }
  }

  /// Calls `make()`, which decodes the value, or returns an empty `Holder`.
  template <typename Holder, typename Make>
  static Holder decode(WireReader& in, Make make) {
    if constexpr (wrapped) {
      const WireNesting nesting(in);
      const std::size_t count = in.read_array();
      if (count > 1) in.fail("more than one value for an optional");
      return count == 0 ? Holder() : make();
    } else {
      if (in.next_is_nil()) return in.read_nil(), Holder();
      return make();
    }
  }

  template <typename Outer>
  static consteval std::uint64_t schema() {
    return composed_schema<Outer, T>("optional");
  }
};

}  // namespace larder::detail
