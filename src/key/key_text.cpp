// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "larder/key/key.h"

namespace larder {
namespace {

void print_hex_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\x";
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

/// How many bytes the well-formed UTF-8 character beyond ASCII at the front of `text` has; 0 if
/// there is none.
std::size_t utf8_size(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size == 0 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond the last character.
  const unsigned char second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  // C1 control characters.
  return first == 0xC2 && second < 0xA0 ? 0 : size;
}

void print_character(std::string& out, char character) {
  switch (character) {
    case '"':
    case '\\':
      out += '\\';
      out += character;
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (character >= 0x20 && character < 0x7F) {
    out += character;
  } else {
    print_hex_escape(out, static_cast<unsigned char>(character));
  }
}

void print_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t size = utf8_size(text);
    if (size == 0) {
      print_character(out, text.front());
      text.remove_prefix(1);
    } else {
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  out += '"';
}

void print_bytes(std::string& out, BytesView bytes) {
  out += "b\"";
  for (const char character : as_text(bytes)) print_character(out, character);
  out += '"';
}

void print_real(std::string& out, double value) {
  std::array<char, 40> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
  out += text;
  if (text.find_first_not_of("-0123456789") == std::string_view::npos) out += ".0";
}

void print_timestamp(std::string& out, WallTime time) {
  using namespace std::chrono;
  constexpr WallTime first = sys_days{year{0} / 1 / 1};
  constexpr WallTime end = sys_days{year{10000} / 1 / 1};
  if (time < first || time >= end) {  // a year of more than four digits
    out += '@' + std::to_string(time.time_since_epoch().count()) + "us";
    return;
  }
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 64> text;
  const int size = std::snprintf(
      text.data(), text.size(), "@%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  out.append(text.data(), static_cast<std::size_t>(size));
}

/// Prints any element but a tuple.
void print_element(std::string& out, KeyReader& in) {
  switch (in.kind()) {
    case KeyKind::null:
      in.read_null();
      out += "null";
      break;
    case KeyKind::boolean:
      out += in.read_boolean() ? "true" : "false";
      break;
    case KeyKind::integer: {
      const KeyInteger value = in.read_integer();
      if (value.is_negative) out += '-';
      out += std::to_string(value.magnitude);
      break;
    }
    case KeyKind::real:
      print_real(out, in.read_real());
      break;
    case KeyKind::text:
      print_text(out, in.read_text());
      break;
    case KeyKind::bytes:
      print_bytes(out, in.read_bytes());
      break;
    case KeyKind::timestamp:
      print_timestamp(out, in.read_timestamp());
      break;
    case KeyKind::tuple:
      break;
  }
}

/// Prints one element with all it holds. As deep as tuples may be nested, which is not deep.
void print(std::string& out, KeyReader& in) {
  if (in.kind() != KeyKind::tuple) return print_element(out, in);
  in.begin_tuple();
  out += '(';
  std::size_t count = 0;
  for (; !in.at_tuple_end(); ++count) {
    if (count != 0) out += ", ";
    print(out, in);
  }
  if (count == 1) out += ',';  // (1,) is a tuple, (1) would be a number
  out += ')';
  in.end_tuple();
}

}  // namespace

std::string Key::to_string() const {
  std::string text;
  KeyReader in(bytes());
  print(text, in);
  return text;
}

}  // namespace larder
