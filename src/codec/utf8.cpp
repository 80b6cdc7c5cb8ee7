// SPDX-License-Identifier: Apache-2.0
#include "codec/utf8.h"

#include <cstddef>
#include <cstdint>

namespace larder {
namespace {

// The bytes of the character that `lead` begins, or 0; and what its second byte may be, which is
// where overlong forms and surrogates show.
struct Shape {
  std::size_t size = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xbf;
};

Shape shape_of(std::uint8_t lead) noexcept {
  if (lead < 0x80) return {1};
  if (lead < 0xc2 || lead > 0xf4) return {};
  if (lead < 0xe0) return {2};
  if (lead == 0xe0) return {3, 0xa0};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead < 0xf0) return {3};
  if (lead == 0xf0) return {4, 0x90};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {4};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const Shape shape = shape_of(static_cast<std::uint8_t>(text[at]));
    if (shape.size == 0 || shape.size > text.size() - at) return false;
    for (std::size_t i = 1; i < shape.size; ++i) {
      const auto next = static_cast<std::uint8_t>(text[at + i]);
      const std::uint8_t low = i == 1 ? shape.low : std::uint8_t{0x80};
      const std::uint8_t high = i == 1 ? shape.high : std::uint8_t{0xbf};
      if (next < low || next > high) return false;
    }
    at += shape.size;
  }
  return true;
}

}  // namespace larder
