// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"

namespace larder {

/// Integers of every width share one schema: a counter may grow from `int` to `std::int64_t`. A
/// stored value that does not fit is `corrupt`.
template <std::integral T>
  requires(!std::same_as<T, bool>)
struct Codec<T> {
  static void encode(const T& value, WireWriter& out) {
    if constexpr (std::is_signed_v<T>) {
      out.write_int(value);
    } else {
      out.write_uint(value);
    }
  }

  static T decode(WireReader& in) {
    if constexpr (std::is_signed_v<T>) {
      return narrow(in.read_int(), in);
    } else {
      return narrow(in.read_uint(), in);
    }
  }

  static consteval std::uint64_t schema() { return named_schema("int"); }

 private:
  template <typename Wide>
  static T narrow(Wide wide, WireReader& in) {
    const T value = static_cast<T>(wide);
    if (static_cast<Wide>(value) != wide) in.fail("an integer beyond the range of its type");
    return value;
  }
};

template <>
struct Codec<bool> {
  static void encode(const bool& value, WireWriter& out) { out.write_bool(value); }
  static bool decode(WireReader& in) { return in.read_bool(); }
  static consteval std::uint64_t schema() { return named_schema("bool"); }
};

template <>
struct Codec<float> {
  static void encode(const float& value, WireWriter& out) { out.write_float(value); }
  static float decode(WireReader& in) { return in.read_float(); }
  static consteval std::uint64_t schema() { return named_schema("float32"); }
};

template <>
struct Codec<double> {
  static void encode(const double& value, WireWriter& out) { out.write_double(value); }
  static double decode(WireReader& in) { return in.read_double(); }
  static consteval std::uint64_t schema() { return named_schema("float64"); }
};

/// An enumeration is its underlying integer; that the number has an enumerator is not checked.
template <typename T>
  requires std::is_enum_v<T>
struct Codec<T> {
  using Number = std::underlying_type_t<T>;
  static void encode(const T& value, WireWriter& out) {
    Codec<Number>::encode(static_cast<Number>(value), out);
  }
  static T decode(WireReader& in) { return static_cast<T>(Codec<Number>::decode(in)); }
  static consteval std::uint64_t schema() { return Codec<Number>::schema(); }
};

template <>
struct Codec<std::monostate> {
  static constexpr bool may_be_nil = true;
  static void encode(const std::monostate&, WireWriter& out) { out.write_nil(); }
  static std::monostate decode(WireReader& in) { return in.read_nil(), std::monostate(); }
  static consteval std::uint64_t schema() { return named_schema("nil"); }
};

}  // namespace larder
