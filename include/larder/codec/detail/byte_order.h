// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace larder::detail {

/// Writes `value` to `out`, most significant byte first.
template <std::unsigned_integral T>
constexpr void store_big_endian(std::byte* out, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out[i] = static_cast<std::byte>((value >> (8 * (sizeof(T) - 1 - i))) & 0xff);
  }
}

/// Reads what `store_big_endian` wrote.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T load_big_endian(const std::byte* in) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= std::to_integer<std::uint64_t>(in[i]) << (8 * (sizeof(T) - 1 - i));
  }
  return static_cast<T>(value);
}

/// Writes `value` to `out`, least significant byte first.
template <std::unsigned_integral T>
constexpr void store_little_endian(std::byte* out, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out[i] = static_cast<std::byte>((value >> (8 * i)) & 0xff);
  }
}

/// Reads what `store_little_endian` wrote.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T load_little_endian(const std::byte* in) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= std::to_integer<std::uint64_t>(in[i]) << (8 * i);
  }
  return static_cast<T>(value);
}

}  // namespace larder::detail
