// SPDX-License-Identifier: Apache-2.0
#include "larder/key/digest.h"

#include <xxhash.h>

namespace larder {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

std::array<std::byte, 16> Digest128::bytes() const noexcept {
  std::array<std::byte, 16> result;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::size_t shift = 8 * (7 - i);
    result[i] = static_cast<std::byte>(high >> shift & 0xFFU);
    result[8 + i] = static_cast<std::byte>(low >> shift & 0xFFU);
  }
  return result;
}

std::string Digest128::to_string() const {
  std::string text;
  text.reserve(32);
  for (const std::byte byte : bytes()) {
    const auto value = std::to_integer<std::size_t>(byte);
    text += digits[value >> 4U];
    text += digits[value & 15U];
  }
  return text;
}

std::optional<Digest128> Digest128::parse(std::string_view text) noexcept {
  if (text.size() != 32) return std::nullopt;
  Digest128 result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t value = digits.find(text[i]);
    if (value == std::string_view::npos) return std::nullopt;
    std::uint64_t& half = i < 16 ? result.high : result.low;
    half = half << 4U | value;
  }
  return result;
}

Digest128 digest(BytesView bytes) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {.high = hash.high64, .low = hash.low64};
}

}  // namespace larder
