// SPDX-License-Identifier: Apache-2.0
#include "cli/human.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <optional>

#include "cli/exit_code.h"

namespace larder::cli {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array<Unit, 11> duration_units = {{{"us", 1},
                                                  {"ms", 1e3},
                                                  {"s", 1e6},
                                                  {"sec", 1e6},
                                                  {"m", 60e6},
                                                  {"min", 60e6},
                                                  {"h", 3600e6},
                                                  {"d", 86400e6},
                                                  {"day", 86400e6},
                                                  {"days", 86400e6},
                                                  {"w", 604800e6}}};

std::optional<double> find_unit(std::span<const Unit> units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

std::string_view take_while(std::string_view& text, std::string_view characters) {
  const std::string_view head = text.substr(0, text.find_first_not_of(characters));
  text.remove_prefix(head.size());
  return head;
}

std::string_view take_until(std::string_view& text, std::string_view characters) {
  const std::string_view head = text.substr(0, text.find_first_of(characters));
  text.remove_prefix(head.size());
  return head;
}

constexpr std::string_view number_characters = "0123456789.";

std::optional<double> take_number(std::string_view& text) {
  const std::string_view digits = take_while(text, number_characters);
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

[[noreturn]] void refuse_duration(std::string_view text) {
  throw UsageError("'" + std::string(text) +
                   "' is not a length of time: write 10s, 5m, 1h30m or 2d");
}

double size_factor(std::string_view unit) {
  constexpr std::string_view letters = "KMGT";
  if (unit.empty() || unit == "B") return 1;
  const char letter = unit.front() == 'k' ? 'K' : unit.front();
  const std::size_t power = letters.find(letter);
  const std::string_view rest = unit.substr(1);
  if (power == std::string_view::npos) return 0;
  if (rest.empty() || rest == "i" || rest == "iB") return std::pow(1024.0, power + 1);
  return rest == "B" ? std::pow(1000.0, power + 1) : 0;
}

std::string print_number(const char* format, double number, const char* unit) {
  std::array<char, 48> text{};
  const int size = std::snprintf(text.data(), text.size(), format, number, unit);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::tm split_time(WallTime time, std::tm* (*split)(const std::time_t*, std::tm*)) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  const auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  split(&when, &parts);
  return parts;
}

std::string print_time(const char* format, const std::tm& parts) {
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), format, &parts);
  return {text.data(), size};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  throw UsageError("keys given in hexadecimal digits need 0-9 and a-f, two for each byte");
}

}  // namespace

Duration parse_duration(std::string_view text) {
  double total = 0;
  std::string_view rest = text;
  bool bare = false;
  while (!rest.empty() || total == 0) {
    const std::optional<double> number = take_number(rest);
    const std::string_view unit = take_until(rest, number_characters);
    const std::optional<double> factor = find_unit(duration_units, unit.empty() ? "s" : unit);
    if (!number || !factor || bare || *number <= 0) refuse_duration(text);
    bare = unit.empty();
    total += *number * *factor;
  }
  constexpr double longest = 9.2e18;
  if (total < 1 || total > longest) refuse_duration(text);
  return Duration(static_cast<std::int64_t>(std::llround(total)));
}

std::uint64_t parse_size(std::string_view text) {
  std::string_view rest = text;
  const std::optional<double> number = take_number(rest);
  const double factor = size_factor(rest);
  constexpr double largest = 1.8e19;
  if (!number || factor == 0 || *number * factor > largest) {
    throw UsageError("'" + std::string(text) + "' is not a size: write 500K, 64MiB or 2G");
  }
  return static_cast<std::uint64_t>(*number * factor);
}

std::uint64_t parse_count(std::string_view text, std::string_view what) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    throw UsageError("'" + std::string(text) + "' is not " + std::string(what) +
                     ": write a whole number");
  }
  return count;
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 6> units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double number = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (number >= 1023.95 && unit + 1 < units.size()) {
    number /= 1024;
    ++unit;
  }
  return print_number("%.1f %s", number, units[unit]);
}

std::string human_duration(Duration length) {
  const auto microseconds = static_cast<double>(length.count());
  if (microseconds < 1e3) return print_number("%.0f %s", microseconds, "us");
  if (microseconds < 1e6) return print_number("%.1f %s", microseconds / 1e3, "ms");
  if (microseconds < 120e6) return print_number("%.1f %s", microseconds / 1e6, "s");
  if (microseconds < 7200e6) return print_number("%.0f %s", microseconds / 60e6, "min");
  if (microseconds < 172800e6) return print_number("%.1f %s", microseconds / 3600e6, "h");
  return print_number("%.1f %s", microseconds / 86400e6, "d");
}

std::string human_latency(std::chrono::nanoseconds length) {
  const auto nanoseconds = static_cast<double>(length.count());
  if (nanoseconds < 1e3) return print_number("%.0f %s", nanoseconds, "ns");
  if (nanoseconds < 1e5) return print_number("%.1f %s", nanoseconds / 1e3, "us");
  if (nanoseconds < 1e6) return print_number("%.0f %s", nanoseconds / 1e3, "us");
  return human_duration(std::chrono::floor<Duration>(length));
}

std::string iso_time(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06dZ",
                static_cast<int>((time - second).count()));
  return print_time("%Y-%m-%dT%H:%M:%S", split_time(time, ::gmtime_r)) + fraction.data();
}

std::string local_time(WallTime time) {
  return print_time("%Y-%m-%d %H:%M:%S", split_time(time, ::localtime_r));
}

std::string to_hex(BytesView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text.push_back(digits[std::to_integer<std::size_t>(byte >> 4U)]);
    text.push_back(digits[std::to_integer<std::size_t>(byte & std::byte{15})]);
  }
  return text;
}

Bytes from_hex(std::string_view digits) {
  Bytes bytes;
  // An odd digit at the end meets the end of the text and is refused like any other wrong digit.
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]);
    const int low = hex_digit(i + 1 < digits.size() ? digits[i + 1] : ' ');
    bytes.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return bytes;
}

}  // namespace larder::cli
