// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "larder/core/bytes.h"

namespace larder::test {

/// `bytes` as "c3 ff 00".
[[nodiscard]] inline std::string hex(BytesView bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes) {
    if (!text.empty()) text += ' ';
    text += digits[std::to_integer<std::size_t>(b >> 4)];
    text += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return text;
}

/// The bytes of "c3 ff 00"; spaces may be anywhere.
[[nodiscard]] inline Bytes from_hex(std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  Bytes bytes;
  bool high = true;
  for (const char c : text) {
    if (c == ' ') continue;
    const auto digit = static_cast<std::byte>(digits.find(c));
    if (high) {
      bytes.push_back(digit << 4);
    } else {
      bytes.back() |= digit;
    }
    high = !high;
  }
  return bytes;
}

}  // namespace larder::test
