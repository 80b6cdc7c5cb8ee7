// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/key/key.h"

namespace larder::test {

/// Any value that a key can hold, with an order of its own that knows nothing of encodings: the
/// model that keys are compared with.
struct AnyValue {
  using Integer = std::variant<std::int64_t, std::uint64_t>;
  using Tuple = std::vector<AnyValue>;

  std::variant<std::nullptr_t, bool, Integer, double, std::string, Bytes, WallTime, Tuple> value;

  friend std::weak_ordering operator<=>(const AnyValue& a, const AnyValue& b);
  friend bool operator==(const AnyValue& a, const AnyValue& b) { return (a <=> b) == 0; }
};

inline std::weak_ordering compare_integers(const AnyValue::Integer& a, const AnyValue::Integer& b) {
  return std::visit(
      [](auto x, auto y) {
        if (std::cmp_less(x, y)) return std::weak_ordering::less;
        return std::cmp_less(y, x) ? std::weak_ordering::greater : std::weak_ordering::equivalent;
      },
      a, b);
}

inline std::weak_ordering compare_reals(double a, double b) {
  const bool a_is_nan = a != a;
  const bool b_is_nan = b != b;
  if (a_is_nan || b_is_nan) return a_is_nan <=> b_is_nan;
  if (a < b) return std::weak_ordering::less;
  return b < a ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

}  // namespace larder::test

namespace larder {

template <>
struct KeyCodec<test::AnyValue> {
  static void encode(const test::AnyValue& value, KeyWriter& out);
  static test::AnyValue decode(KeyReader& in);
};

inline void KeyCodec<test::AnyValue>::encode(const test::AnyValue& value, KeyWriter& out) {
  std::visit(
      [&](const auto& x) {
        using T = std::remove_cvref_t<decltype(x)>;
        if constexpr (std::is_same_v<T, test::AnyValue::Integer>) {
          std::visit([&](auto number) { detail::encode_key(number, out); }, x);
        } else {
          KeyCodec<T>::encode(x, out);
        }
      },
      value.value);
}

inline test::AnyValue KeyCodec<test::AnyValue>::decode(KeyReader& in) {
  switch (in.kind()) {
    case KeyKind::null:
      in.read_null();
      break;
    case KeyKind::boolean:
      return {in.read_boolean()};
    case KeyKind::integer: {
      const KeyInteger integer = in.read_integer();
      if (integer.is_negative) return {test::AnyValue::Integer{detail::to_signed(integer)}};
      return {test::AnyValue::Integer{integer.magnitude}};
    }
    case KeyKind::real:
      return {in.read_real()};
    case KeyKind::text:
      return {in.read_text()};
    case KeyKind::bytes:
      return {in.read_bytes()};
    case KeyKind::timestamp:
      return {in.read_timestamp()};
    case KeyKind::tuple:
      return {KeyCodec<test::AnyValue::Tuple>::decode(in)};
  }
  return {nullptr};
}

}  // namespace larder

namespace larder::test {

inline std::weak_ordering operator<=>(const AnyValue& a, const AnyValue& b) {
  if (a.value.index() != b.value.index()) return a.value.index() <=> b.value.index();
  return std::visit(
      [&](const auto& x) -> std::weak_ordering {
        using T = std::remove_cvref_t<decltype(x)>;
        const auto& y = std::get<T>(b.value);
        if constexpr (std::is_same_v<T, std::nullptr_t>) {
          return std::weak_ordering::equivalent;
        } else if constexpr (std::is_same_v<T, AnyValue::Integer>) {
          return compare_integers(x, y);
        } else if constexpr (std::is_same_v<T, double>) {
          return compare_reals(x, y);
        } else if constexpr (std::is_same_v<T, AnyValue::Tuple>) {
          return std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
        } else {
          return x <=> y;
        }
      },
      a.value);
}

inline std::ostream& operator<<(std::ostream& out, const AnyValue& value) {
  return out << Key(value).to_string();
}

}  // namespace larder::test
