// SPDX-License-Identifier: Apache-2.0
#include "cli/key_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

template <typename Number>
std::optional<Number> whole_number(const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Key integer_key(const std::string& text) {
  if (const auto number = whole_number<std::int64_t>(text)) return *number;
  if (const auto number = whole_number<std::uint64_t>(text)) return *number;
  throw UsageError("key '" + text + "' is not an integer of 64 bits");
}

Key encoded_key(const std::string& text) {
  try {
    return Key::from_bytes(from_hex(text));
  } catch (const Error&) {
    throw UsageError("'" + text + "' is not an encoded key as 'larder list --json' shows them");
  }
}

// How many bytes follow the first byte of a character; 4 or more if it begins none.
unsigned followers(unsigned char first) {
  if (first < 0x80) return 0;
  if (first >= 0xC2 && first < 0xE0) return 1;
  if (first >= 0xE0 && first < 0xF0) return 2;
  return first >= 0xF0 && first < 0xF5 ? 3 : 4;
}

// Longer forms than necessary, surrogates and numbers that are no characters.
bool is_forbidden(unsigned char first, unsigned char second) {
  return (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
         (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
}

bool is_plain(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

}  // namespace

void KeyText::declare(Arguments& arguments) {
  arguments.choice("--key-type", type_, {"text", "int", "hex", "encoded"});
}

Key KeyText::read(const std::string& text) const {
  if (type_ == "int") return integer_key(text);
  if (type_ == "hex") return from_hex(text);
  if (type_ == "encoded") return encoded_key(text);
  return text;
}

std::string show_key(const Key& key) {
  try {
    std::string text = key.as<std::string>();
    // What would break the line or the terminal is shown as the library quotes it.
    if (!text.empty() && is_plain(text)) return text;
  } catch (const Error&) {
    // Another kind of key.
  }
  return key.to_string();
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const unsigned count = followers(first);
    if (count > 3 || count >= text.size() - i) return false;
    for (std::size_t j = i + 1; j <= i + count; ++j) {
      if ((static_cast<unsigned char>(text[j]) & 0xC0U) != 0x80) return false;
    }
    if (count > 0 && is_forbidden(first, static_cast<unsigned char>(text[i + 1]))) return false;
    i += 1 + count;
  }
  return true;
}

}  // namespace larder::cli
