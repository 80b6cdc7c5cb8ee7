// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "codec/json_text.h"
#include "codec/utf8.h"

namespace larder {
namespace {

void append_escaped(std::string& out, char c) {
  static constexpr std::string_view digits = "0123456789abcdef";
  static constexpr std::string_view plain = "\"\\\b\f\n\r\t";
  static constexpr std::string_view letter = "\"\\bfnrt";
  const std::size_t at = plain.find(c);
  out += '\\';
  if (at != std::string_view::npos) {
    out += letter[at];
  } else {
    const auto code = static_cast<unsigned char>(c);
    out += "u00";
    out += digits[code / 16U];
    out += digits[code % 16U];
  }
}

// Writes MessagePack as JSON text. Recursion is as deep as the nesting, which the reader limits.
class JsonPrinter {
 public:
  explicit JsonPrinter(WireReader& in) : in_(in) {}

  void print_value() {
    switch (in_.peek()) {
      case WireType::nil:
        in_.read_nil();
        text_ += "null";
        return;
      case WireType::boolean:
        text_ += in_.read_bool() ? "true" : "false";
        return;
      case WireType::integer:
        return print_integer();
      case WireType::float64:
        return print_double(in_.read_double());
      case WireType::str:
        return print_string(in_.read_str());
      case WireType::array:
        return print_array();
      case WireType::map:
        return print_object();
      default:
        in_.fail("a value that JSON does not have");
    }
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  template <typename T>
  void print_number(T value) {
    std::array<char, 32> digits = {};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text_.append(digits.data(), end);
  }

  void print_integer() {
    // Negative ones have tags from 0xd0 on; the others may need all 64 bits.
    if (in_.next_is_negative()) {
      print_number(in_.read_int());
    } else {
      print_number(in_.read_uint());
    }
  }

  // The shortest digits that give the same double, and a sign that it is one.
  void print_double(double value) {
    if (!std::isfinite(value)) in_.fail("a number that JSON does not have");
    const std::size_t from = text_.size();
    print_number(value);
    if (text_.find_first_of(".e", from) == std::string::npos) text_ += ".0";
  }

  void print_string(std::string_view value) {
    if (!is_utf8(value)) in_.fail("text that is not UTF-8");
    text_ += '"';
    for (const char c : value) {
      const bool plain = static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
      if (plain) {
        text_ += c;
      } else {
        append_escaped(text_, c);
      }
    }
    text_ += '"';
  }

  void print_array() {
    const WireNesting nesting(in_);
    text_ += '[';
    for (std::size_t left = in_.read_array(); left > 0; --left) {
      print_value();
      if (left > 1) text_ += ',';
    }
    text_ += ']';
  }

  void print_object() {
    const WireNesting nesting(in_);
    const std::size_t count = in_.read_map();
    std::string_view last;
    text_ += '{';
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view key = in_.read_str();
      if (i > 0 && key <= last) in_.fail("keys of an object out of order");
      last = key;
      if (i > 0) text_ += ',';
      print_string(key);
      text_ += ':';
      print_value();
    }
    text_ += '}';
  }

  WireReader& in_;
  std::string text_ = {};
};

}  // namespace

std::string read_json(WireReader& in) {
  JsonPrinter printer(in);
  printer.print_value();
  return printer.take();
}

}  // namespace larder
