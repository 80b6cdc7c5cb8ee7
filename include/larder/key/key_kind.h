// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder {

/// What a key, or one element of it, is. Keys of different kinds sort in this order.
enum class KeyKind {
  null,       ///< Nothing: `nullptr`, an empty `std::optional`.
  boolean,    ///< `false` before `true`.
  integer,    ///< From -2^63 to 2^64 - 1, whatever the width of the C++ type.
  real,       ///< `float` and `double`; a NaN sorts last.
  text,       ///< Characters, sorted by byte.
  bytes,      ///< Binary data, sorted by byte.
  timestamp,  ///< Calendar time in microseconds.
  tuple,      ///< Any number of elements, sorted element by element, a prefix first.
};

/// The name of `kind` for people, for example `"integer"`.
[[nodiscard]] std::string_view to_string(KeyKind kind) noexcept;

/// Tuples may hold tuples; this many deep, a tuple of plain elements being one.
inline constexpr std::size_t max_key_depth = 64;

namespace detail {

/// The first byte of each element. Order of tags = order of kinds; gaps leave room. 0xFF is never a
/// tag, so that it may end a range of keys.
enum KeyTag : std::uint8_t {
  tag_end = 0x00,  ///< Ends a tuple; never begins an element.
  tag_null = 0x01,
  tag_false = 0x02,
  tag_true = 0x03,
  tag_integer_first = 0x10,  ///< Negative, 8 bytes follow.
  tag_integer_zero = 0x18,   ///< 0x17 is negative and 0x19 positive with 1 byte, and so on.
  tag_integer_last = 0x20,   ///< Positive, 8 bytes follow.
  tag_real = 0x28,
  tag_text = 0x30,
  tag_bytes = 0x38,
  tag_timestamp = 0x40,
  tag_tuple = 0x48,
};

/// What follows a zero byte in text and bytes: the end, or more after a zero that belongs to them.
/// Both are written out, so that no key begins another key.
enum AfterZero : std::uint8_t { after_zero_end = 0x01, after_zero_more = 0xFF };

}  // namespace detail
}  // namespace larder
