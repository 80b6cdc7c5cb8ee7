// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/key/key_reader.h"
#include "larder/key/key_writer.h"

namespace larder {

/// How a `T` becomes a key, or one element of a key. A specialisation has
///
///     static void encode(const T& value, KeyWriter& out);  // writes exactly one element
///     static T decode(KeyReader& in);                      // may be left out
///
/// and makes equal bytes of equal values, and only of them. Specialise it for your own types, best
/// by way of a tuple of their parts.
template <typename T>
struct KeyCodec;

/// A type of which keys are made.
template <typename T>
concept KeyEncodable =
    requires(const T& value, KeyWriter& out) { KeyCodec<T>::encode(value, out); };

/// A type that can also be read back from a key; views and pointers cannot.
template <typename T>
concept KeyDecodable = KeyEncodable<T> && requires(KeyReader& in) {
  { KeyCodec<T>::decode(in) } -> std::same_as<T>;
};

namespace detail {

/// Integers that are numbers: characters and `bool` are something else.
template <typename T>
concept KeyIntegral =
    std::integral<T> && sizeof(T) <= sizeof(std::uint64_t) && !std::same_as<T, bool> &&
    !std::same_as<T, char> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
    !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// Types whose key may be null by itself: an `optional` of one would have two ways to be empty.
template <typename T>
inline constexpr bool is_nullable_key = false;
template <>
inline constexpr bool is_nullable_key<std::nullptr_t> = true;
template <>
inline constexpr bool is_nullable_key<std::nullopt_t> = true;
template <typename T>
inline constexpr bool is_nullable_key<std::optional<T>> = true;

[[noreturn]] void throw_null_text();
[[noreturn]] void throw_out_of_range(const char* type);

/// Encodes `value`, which may also be an array of characters: text up to its first NUL.
template <typename T>
  requires KeyEncodable<std::decay_t<T>>
void encode_key(const T& value, KeyWriter& out) {
  if constexpr (std::is_array_v<T>) {
    out.write_text({&value[0], ::strnlen(&value[0], std::extent_v<T>)});
  } else {
    KeyCodec<std::decay_t<T>>::encode(value, out);
  }
}

[[nodiscard]] std::int64_t to_signed(KeyInteger value);
[[nodiscard]] std::uint64_t to_unsigned(KeyInteger value);

}  // namespace detail

/// Null.
template <>
struct KeyCodec<std::nullptr_t> {
  static void encode(std::nullptr_t, KeyWriter& out) { out.write_null(); }
  static std::nullptr_t decode(KeyReader& in) {
    in.read_null();
    return nullptr;
  }
};

/// Null; reads back as an `std::optional`.
template <>
struct KeyCodec<std::nullopt_t> {
  static void encode(std::nullopt_t, KeyWriter& out) { out.write_null(); }
};

/// The value, or null.
template <KeyEncodable T>
  requires(!detail::is_nullable_key<T>)
struct KeyCodec<std::optional<T>> {
  static void encode(const std::optional<T>& value, KeyWriter& out) {
    if (!value) return out.write_null();
    KeyCodec<T>::encode(*value, out);
  }
  static std::optional<T> decode(KeyReader& in)
    requires KeyDecodable<T>
  {
    if (in.kind() != KeyKind::null) return KeyCodec<T>::decode(in);
    in.read_null();
    return std::nullopt;
  }
};

template <>
struct KeyCodec<bool> {
  static void encode(bool value, KeyWriter& out) { out.write_boolean(value); }
  static bool decode(KeyReader& in) { return in.read_boolean(); }
};

/// All widths and signs make the same key of the same number. Reading a number that does not fit
/// throws `invalid_argument`.
template <detail::KeyIntegral T>
struct KeyCodec<T> {
  static void encode(T value, KeyWriter& out) {
    if constexpr (std::is_signed_v<T>) {
      out.write_integer(value);
    } else {
      out.write_unsigned(value);
    }
  }
  static T decode(KeyReader& in) {
    if constexpr (std::is_signed_v<T>) {
      const std::int64_t value = detail::to_signed(in.read_integer());
      if (!std::in_range<T>(value)) detail::throw_out_of_range("the integer type");
      return static_cast<T>(value);
    } else {
      const std::uint64_t value = detail::to_unsigned(in.read_integer());
      if (!std::in_range<T>(value)) detail::throw_out_of_range("the integer type");
      return static_cast<T>(value);
    }
  }
};

/// The number behind it. Reading one that the enumeration cannot hold throws `invalid_argument`.
template <typename T>
  requires(std::is_enum_v<T> && !std::same_as<T, std::byte>)
struct KeyCodec<T> {
  using Number =
      std::conditional_t<std::is_signed_v<std::underlying_type_t<T>>, std::int64_t, std::uint64_t>;
  static void encode(T value, KeyWriter& out) {
    KeyCodec<Number>::encode(static_cast<Number>(value), out);
  }
  static T decode(KeyReader& in) {
    const auto number = KeyCodec<Number>::decode(in);
    const auto value = static_cast<T>(number);
    if (static_cast<Number>(value) != number) detail::throw_out_of_range("the enumeration");
    return value;
  }
};

/// `-0.0` is `0.0`, and every NaN is the same NaN.
template <>
struct KeyCodec<double> {
  static void encode(double value, KeyWriter& out) { out.write_real(value); }
  static double decode(KeyReader& in) { return in.read_real(); }
};

/// The same key as the `double` of the same value. Reading one that is no `float` throws
/// `invalid_argument`.
template <>
struct KeyCodec<float> {
  static void encode(float value, KeyWriter& out) { out.write_real(static_cast<double>(value)); }
  static float decode(KeyReader& in) { return in.read_float(); }
};

/// Text is taken as it is; whether it is valid UTF-8 is not asked.
template <>
struct KeyCodec<std::string> {
  static void encode(std::string_view text, KeyWriter& out) { out.write_text(text); }
  static std::string decode(KeyReader& in) { return in.read_text(); }
};

template <>
struct KeyCodec<std::string_view> {
  static void encode(std::string_view text, KeyWriter& out) { out.write_text(text); }
};

/// Text up to the first NUL. Null throws `invalid_argument`.
template <>
struct KeyCodec<const char*> {
  static void encode(const char* text, KeyWriter& out) {
    if (text == nullptr) detail::throw_null_text();
    out.write_text(text);
  }
};

template <>
struct KeyCodec<char*> : KeyCodec<const char*> {};

/// The same key as the text of the path as it was given: `a/b` and `a//b` are two keys.
template <>
struct KeyCodec<std::filesystem::path> {
  static void encode(const std::filesystem::path& path, KeyWriter& out) {
    out.write_text(path.native());
  }
  static std::filesystem::path decode(KeyReader& in) { return in.read_text(); }
};

template <>
struct KeyCodec<Bytes> {
  static void encode(BytesView bytes, KeyWriter& out) { out.write_bytes(bytes); }
  static Bytes decode(KeyReader& in) { return in.read_bytes(); }
};

template <>
struct KeyCodec<BytesView> {
  static void encode(BytesView bytes, KeyWriter& out) { out.write_bytes(bytes); }
};

/// Bytes. Reading another number of them throws `invalid_argument`.
template <std::size_t Size>
struct KeyCodec<std::array<std::byte, Size>> {
  static void encode(const std::array<std::byte, Size>& bytes, KeyWriter& out) {
    out.write_bytes(bytes);
  }
  static std::array<std::byte, Size> decode(KeyReader& in) {
    const Bytes bytes = in.read_bytes();
    if (bytes.size() != Size) detail::throw_out_of_range("an array of another size");
    std::array<std::byte, Size> result;
    if constexpr (Size != 0) std::memcpy(result.data(), bytes.data(), Size);
    return result;
  }
};

/// Calendar time of microseconds or coarser; key_codec_standard.h has that of nanoseconds.
template <typename Length>
  requires std::convertible_to<Length, Duration>
struct KeyCodec<std::chrono::sys_time<Length>> {
  static void encode(std::chrono::sys_time<Length> time, KeyWriter& out) {
    using Factor = std::ratio_divide<typename Length::period, Duration::period>;
    const auto count = time.time_since_epoch().count();
    std::int64_t microseconds = 0;
    if (!std::in_range<std::int64_t>(count) ||
        __builtin_mul_overflow(static_cast<std::int64_t>(count), std::int64_t{Factor::num},
                               &microseconds)) {
      detail::throw_out_of_range("a timestamp");
    }
    out.write_timestamp(WallTime{Duration{microseconds}});
  }
  static std::chrono::sys_time<Length> decode(KeyReader& in) {
    const WallTime exact = in.read_timestamp();
    const auto time = std::chrono::floor<Length>(exact);
    if (WallTime{time} != exact) detail::throw_out_of_range("the time type");
    return time;
  }
};

}  // namespace larder
