// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "larder/key/key.h"

namespace larder::test {

inline Bytes bytes_of(std::string_view text) { return to_bytes(as_bytes(text)); }

/// Integers on both sides of every change of length, and what else looks like them.
inline void add_near_powers(std::vector<Key>& keys) {
  for (unsigned bit = 0; bit < 64; bit += 8) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    keys.emplace_back(power);
    if (bit > 0) keys.emplace_back(power - 1);
    keys.emplace_back(-static_cast<std::int64_t>(power));
    keys.emplace_back(-static_cast<std::int64_t>(power) - 1);
    keys.emplace_back(static_cast<double>(power));
    keys.emplace_back(-static_cast<double>(power));
    keys.emplace_back(std::to_string(power) + "!");
    keys.emplace_back(WallTime{Duration{static_cast<std::int64_t>(power)}});
    keys.emplace_back(std::make_tuple(power));
    keys.emplace_back(std::make_tuple(std::make_tuple(power)));
  }
}

/// Numbers and times at the limits.
inline void add_near_limits(std::vector<Key>& keys) {
  using Limits = std::numeric_limits<double>;
  for (const std::int64_t number : {INT64_MIN, INT64_MIN + 1, INT64_MAX}) keys.emplace_back(number);
  for (const std::uint64_t number : {UINT64_MAX, UINT64_MAX - 1, std::uint64_t{1} << 63U}) {
    keys.emplace_back(number);
  }
  keys.emplace_back(0);
  for (const double real :
       {0.0, 0.1, 0.5, 1.5, Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
        Limits::denorm_min(), -Limits::denorm_min(), Limits::min(), Limits::max(), Limits::lowest(),
        9223372036854775808.0, 18446744073709551616.0, static_cast<double>(0.1F)}) {
    keys.emplace_back(real);
  }
  for (const std::int64_t time : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}}) {
    keys.emplace_back(WallTime{Duration{time}});
  }
}

/// Texts that hold what encodings use as marks, each also as bytes and in tuples.
inline void add_near_texts(std::vector<Key>& keys) {
  using namespace std::string_literals;
  for (const std::string& text : {"a"s,
                                  "b"s,
                                  "A"s,
                                  " "s,
                                  " a"s,
                                  "a "s,
                                  "aa"s,
                                  "\0"s,
                                  "\0\0"s,
                                  "a\0"s,
                                  "\0a"s,
                                  "a\0b"s,
                                  "\xFF"s,
                                  "\0\xFF"s,
                                  "\xFF\0"s,
                                  "\0\xFF\0"s,
                                  "\1"s,
                                  "\2"s,
                                  "0\0"s,
                                  "\x18"s,
                                  "\x48\0"s,
                                  "(1,)"s,
                                  "[]"s,
                                  "b\"1\""s,
                                  std::string(53, 'x'),
                                  std::string(54, 'x'),
                                  std::string(55, 'x'),
                                  std::string(56, 'x')}) {
    keys.emplace_back(text);
    keys.emplace_back(bytes_of(text));
    keys.emplace_back(std::make_tuple(text));
    keys.emplace_back(std::make_tuple(bytes_of(text)));
  }
  keys.emplace_back(Bytes{});
  keys.emplace_back(bytes_of("1"));
}

/// The same elements, put together in other ways.
inline void add_near_tuples(std::vector<Key>& keys) {
  using namespace std::string_literals;
  keys.emplace_back(std::make_tuple());
  keys.emplace_back(std::make_tuple(std::tuple<>()));
  keys.emplace_back(std::make_tuple(std::make_tuple(std::tuple<>())));
  keys.emplace_back(std::make_tuple(std::tuple<>(), std::tuple<>()));
  keys.emplace_back(std::make_tuple(std::make_tuple(std::tuple<>(), std::tuple<>())));
  keys.emplace_back(std::make_tuple(1, 2));
  keys.emplace_back(std::make_tuple(std::make_tuple(1, 2)));
  keys.emplace_back(std::make_tuple(std::make_tuple(1), 2));
  keys.emplace_back(std::make_tuple(1, std::make_tuple(2)));
  keys.emplace_back(std::make_tuple(std::make_tuple(1), std::make_tuple(2)));
  keys.emplace_back(std::make_tuple(2, 1));
  keys.emplace_back(std::make_tuple(12));
  keys.emplace_back(std::make_tuple(1, 2, nullptr));
  keys.emplace_back(std::make_tuple(nullptr));
  keys.emplace_back(std::make_tuple(nullptr, nullptr));
  keys.emplace_back(std::make_tuple(true));
  keys.emplace_back(std::make_tuple(false));
  keys.emplace_back(std::make_tuple(1.0));
  keys.emplace_back(std::make_tuple(1, 2.0));
  keys.emplace_back(std::make_tuple("a", "b"));
  keys.emplace_back(std::make_tuple("ab"));
  keys.emplace_back(std::make_tuple("ab", ""));
  keys.emplace_back(std::make_tuple("", "ab"));
  keys.emplace_back(std::make_tuple("a", "", "b"));
  keys.emplace_back(std::make_tuple("a\0\xFF"s, "b"));
  keys.emplace_back(std::make_tuple("1", 1));
  keys.emplace_back(std::make_tuple(1, "1"));
  keys.emplace_back(std::make_tuple("a", bytes_of("b")));
  keys.emplace_back(std::make_tuple(WallTime{}));
}

/// More than 200 keys that are easily taken for one another; all are different.
inline std::vector<Key> near_keys() {
  std::vector<Key> keys = {nullptr, false, true, "", "0", "1", "-1", "1.0", "true", "null", "NaN"};
  add_near_powers(keys);
  add_near_limits(keys);
  add_near_texts(keys);
  add_near_tuples(keys);
  return keys;
}

}  // namespace larder::test
