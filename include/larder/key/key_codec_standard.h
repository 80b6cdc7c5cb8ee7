// SPDX-License-Identifier: Apache-2.0
#pragma once

// Keys of more types of the standard library. All but those of times and `long double` are tuples.

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "larder/key/key.h"
#include "larder/key/key_codec_sequence.h"

namespace larder {

namespace detail {

/// Elements in their order.
template <typename Container>
struct OrderedKeyCodec {
  using Element = typename Container::value_type;

  static void encode(const Container& elements, KeyWriter& out) {
    out.begin_tuple();
    for (const Element& element : elements) encode_key(element, out);
    out.end_tuple();
  }
};

/// Elements in the order of their keys: the same for equal containers, however they were filled.
template <typename Container>
struct UnorderedKeyCodec {
  using Element = typename Container::value_type;

  static void encode(const Container& elements, KeyWriter& out) {
    std::vector<std::pair<Key, const Element*>> sorted;
    sorted.reserve(elements.size());
    for (const Element& element : elements) sorted.emplace_back(Key(element), &element);
    std::ranges::sort(sorted, {}, &std::pair<Key, const Element*>::first);
    out.begin_tuple();
    for (const auto& [key, element] : sorted) encode_key(*element, out);
    out.end_tuple();
  }
};

[[noreturn]] void throw_no_alternative();

}  // namespace detail

/// A tuple of the elements.
template <KeyEncodable T, typename Less, typename Allocator>
struct KeyCodec<std::set<T, Less, Allocator>>
    : detail::OrderedKeyCodec<std::set<T, Less, Allocator>> {};

/// A tuple of pairs.
template <KeyEncodable K, KeyEncodable V, typename Less, typename Allocator>
struct KeyCodec<std::map<K, V, Less, Allocator>>
    : detail::OrderedKeyCodec<std::map<K, V, Less, Allocator>> {};

/// A tuple of the elements, sorted.
template <KeyEncodable T, typename Hash, typename Equal, typename Allocator>
struct KeyCodec<std::unordered_set<T, Hash, Equal, Allocator>>
    : detail::UnorderedKeyCodec<std::unordered_set<T, Hash, Equal, Allocator>> {};

/// A tuple of pairs, sorted.
template <KeyEncodable K, KeyEncodable V, typename Hash, typename Equal, typename Allocator>
struct KeyCodec<std::unordered_map<K, V, Hash, Equal, Allocator>>
    : detail::UnorderedKeyCodec<std::unordered_map<K, V, Hash, Equal, Allocator>> {};

/// A tuple of the elements; `std::span<const std::byte>` is bytes.
template <typename T, std::size_t size>
  requires(KeyEncodable<std::remove_const_t<T>> && !std::same_as<std::remove_const_t<T>, std::byte>)
struct KeyCodec<std::span<T, size>> {
  static void encode(std::span<T, size> elements, KeyWriter& out) {
    out.begin_tuple();
    for (const auto& element : elements) detail::encode_key(element, out);
    out.end_tuple();
  }
};

/// Null.
template <>
struct KeyCodec<std::monostate> {
  static void encode(std::monostate /*value*/, KeyWriter& out) { out.write_null(); }
};

/// A pair of the number of the alternative and its value. One without a value throws
/// `invalid_argument`.
template <KeyEncodable... T>
struct KeyCodec<std::variant<T...>> {
  static void encode(const std::variant<T...>& value, KeyWriter& out) {
    if (value.valueless_by_exception()) detail::throw_no_alternative();
    out.begin_tuple();
    out.write_unsigned(value.index());
    std::visit([&](const auto& held) { detail::encode_key(held, out); }, value);
    out.end_tuple();
  }
};

/// Calendar time of nanoseconds: the timestamp of microseconds and, if digits are missing in it,
/// how many nanoseconds, as a pair.
template <typename Length>
  requires(!std::convertible_to<Length, Duration> &&
           std::convertible_to<Length, std::chrono::nanoseconds>)
struct KeyCodec<std::chrono::sys_time<Length>> {
  static void encode(std::chrono::sys_time<Length> time, KeyWriter& out) {
    const WallTime whole = std::chrono::floor<Duration>(time);
    const std::chrono::nanoseconds rest = time - whole;
    if (rest == std::chrono::nanoseconds::zero()) return out.write_timestamp(whole);
    out.begin_tuple();
    out.write_timestamp(whole);
    out.write_integer(rest.count());
    out.end_tuple();
  }
};

/// How many nanoseconds it is: equal durations of different units are one key. One that is too long
/// for that throws `invalid_argument`.
template <std::integral Rep, typename Period>
  requires std::convertible_to<std::chrono::duration<Rep, Period>, std::chrono::nanoseconds>
struct KeyCodec<std::chrono::duration<Rep, Period>> {
  using Length = std::chrono::duration<Rep, Period>;

  static void encode(Length length, KeyWriter& out) {
    using Factor = std::ratio_divide<Period, std::nano>;
    std::int64_t nanoseconds = 0;
    if (!std::in_range<std::int64_t>(length.count()) ||
        __builtin_mul_overflow(static_cast<std::int64_t>(length.count()), std::int64_t{Factor::num},
                               &nanoseconds)) {
      detail::throw_out_of_range("a duration");
    }
    out.write_integer(nanoseconds);
  }
};

/// The number of units, and the unit in seconds.
template <std::floating_point Rep, typename Period>
struct KeyCodec<std::chrono::duration<Rep, Period>> {
  static void encode(std::chrono::duration<Rep, Period> length, KeyWriter& out) {
    out.begin_tuple();
    KeyCodec<Rep>::encode(length.count(), out);
    out.write_integer(Period::num);
    out.write_integer(Period::den);
    out.end_tuple();
  }
};

/// The nearest `double` and, if it is another number, what is missing, as a pair. One beyond the
/// range of `double` throws `invalid_argument`.
template <>
struct KeyCodec<long double> {
  static void encode(long double value, KeyWriter& out) {
    const auto near = static_cast<double>(value);
    const auto rest = static_cast<double>(value - static_cast<long double>(near));
    if (rest == 0.0 || value != value || value - value != 0.0L) return out.write_real(near);
    if (near - near != 0.0) detail::throw_out_of_range("double");
    out.begin_tuple();
    out.write_real(near);
    out.write_real(rest);
    out.end_tuple();
  }
};

}  // namespace larder
