// SPDX-License-Identifier: Apache-2.0

// One key for equal calls, and different keys for calls that are only nearly equal.

#include "larder/memo/call_key.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "larder/core/bytes.h"
#include "larder/core/error.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

template <typename... Args>
Key key_of(const Args&... args) {
  return CallKeys<Args...>()(args...);
}

/// Calls, as keys, with how one would write them.
struct Calls {
  std::vector<std::pair<std::string, Key>> all;

  template <typename... Args>
  void add(const std::string& written, const Args&... args) {
    all.emplace_back(written, key_of(args...));
  }
};

/// One value in all the wrappings in which it could pass for another.
template <typename T>
void add_wrapped(Calls& calls, const std::string& written, const T& value) {
  calls.add("f(" + written + ")", value);
  calls.add("f((" + written + ",))", std::tuple(value));
  calls.add("f(((" + written + ",),))", std::make_tuple(std::make_tuple(value)));
  calls.add("f(" + written + ", null)", value, nullptr);
  calls.add("f(null, " + written + ")", nullptr, value);
  calls.add("f((" + written + ", null))", std::tuple(value, nullptr));
  calls.add("f((" + written + ",), null)", std::tuple(value), nullptr);
  calls.add("f(" + written + ", ())", value, std::tuple());
}

Calls near_equal_calls() {
  Calls calls;
  calls.add("f()");
  calls.add("f(null)", nullptr);
  calls.add("f(())", std::tuple());
  calls.add("f((),())", std::tuple(), std::tuple());
  add_wrapped(calls, "0", 0);
  add_wrapped(calls, "1", 1);
  add_wrapped(calls, "-1", -1);
  add_wrapped(calls, "-2", -2);
  add_wrapped(calls, "256", 256);
  add_wrapped(calls, "2^53", std::int64_t{1} << 53);
  add_wrapped(calls, "2^53 + 1", (std::int64_t{1} << 53) + 1);
  add_wrapped(calls, "2^64 - 1", UINT64_MAX);
  add_wrapped(calls, "0.0", 0.0);
  add_wrapped(calls, "1.0", 1.0);
  add_wrapped(calls, "next after 1.0", std::nextafter(1.0, 2.0));
  add_wrapped(calls, "-1.0", -1.0);
  add_wrapped(calls, "2^53 as a double", 9007199254740992.0);
  add_wrapped(calls, "nan", std::nan(""));
  add_wrapped(calls, "inf", std::numeric_limits<double>::infinity());
  add_wrapped(calls, "true", true);
  add_wrapped(calls, "false", false);
  add_wrapped(calls, "'1'", "1"s);
  add_wrapped(calls, "'1.0'", "1.0"s);
  add_wrapped(calls, "'true'", "true"s);
  add_wrapped(calls, "'null'", "null"s);
  add_wrapped(calls, "''", ""s);
  add_wrapped(calls, "' '", " "s);
  add_wrapped(calls, "a zero byte", "\0"s);
  add_wrapped(calls, "1 and a zero byte", "1\0"s);
  add_wrapped(calls, "'(1,)'", "(1,)"s);
  add_wrapped(calls, "b'1'", to_bytes(as_bytes("1")));
  add_wrapped(calls, "b''", Bytes());
  add_wrapped(calls, "time 1", WallTime{Duration{1}});
  calls.add("f(1, 2)", 1, 2);
  calls.add("f(2, 1)", 2, 1);
  calls.add("f((1, 2))", std::tuple(1, 2));
  calls.add("f((1,), 2)", std::tuple(1), 2);
  calls.add("f(1, (2,))", 1, std::tuple(2));
  calls.add("f((1,), (2,))", std::tuple(1), std::tuple(2));
  calls.add("f(12)", 12);
  calls.add("f('12')", "12"s);
  calls.add("f('1', '2')", "1"s, "2"s);
  calls.add("f('1', 2)", "1"s, 2);
  calls.add("f('1,2')", "1,2"s);
  calls.add("f('ab', 'c')", "ab"s, "c"s);
  calls.add("f('a', 'bc')", "a"s, "bc"s);
  calls.add("f(1, 'a', null)", 1, "a"s, nullptr);
  calls.add("f(1, null, 'a')", 1, nullptr, "a"s);
  return calls;
}

void expect_all_different(const std::vector<std::pair<std::string, Key>>& calls) {
  std::map<Bytes, std::string> seen;
  for (const auto& [written, key] : calls) {
    const auto [at, is_new] = seen.emplace(to_bytes(key.bytes()), written);
    EXPECT_TRUE(is_new) << written << " is " << at->second;
  }
}

TEST(CallKey, near_equal_calls_have_different_keys) {
  const Calls calls = near_equal_calls();

  EXPECT_GE(calls.all.size(), 200U);
  expect_all_different(calls.all);
}

TEST(CallKey, near_equal_calls_differ_in_every_kind_of_key) {
  for (const KeyMap& map : {KeyMap::text(), KeyMap::digest(), KeyMap::text() | KeyMap::digest()}) {
    Calls calls = near_equal_calls();
    for (auto& [written, key] : calls.all) key = map(key);
    expect_all_different(calls.all);
  }
}

TEST(CallKey, numbers_of_all_widths_are_one_argument) {
  EXPECT_EQ(key_of(1), key_of(std::int8_t{1}));
  EXPECT_EQ(key_of(1), key_of(std::uint64_t{1}));
  EXPECT_EQ(key_of(0.5), key_of(0.5F));
  EXPECT_EQ(key_of(0.0), key_of(-0.0));
  EXPECT_EQ(key_of("a"s), key_of("a"sv));
  EXPECT_EQ(key_of(std::optional<int>()), key_of(nullptr));
  EXPECT_EQ(key_of(std::vector{1, 2}), key_of(std::array{1, 2}));
}

TEST(CallKey, long_arrays_are_in_the_key_as_a_whole) {
  std::vector<double> numbers(100'000, 0.25);
  const Key before = key_of(numbers);
  numbers[50'000] = 0.5;

  EXPECT_NE(key_of(numbers), before);
  EXPECT_NE(KeyMap::digest()(key_of(numbers)), KeyMap::digest()(before));
}

TEST(CallKey, ignored_arguments_make_no_difference) {
  const CallKeys<int, int, int> keys({.names = {"a", "b"}, .ignore = {"b"}});
  EXPECT_EQ(keys(1, 2, 3), keys(1, 5, 3));
  EXPECT_NE(keys(1, 2, 3), keys(1, 2, 4));
  EXPECT_NE(keys(1, 2, 3), keys(2, 1, 3));

  const CallKeys<int, int, int> by_position({.ignore = {0, 2}});
  EXPECT_EQ(by_position(1, 2, 3), by_position(5, 2, 6));
  EXPECT_NE(by_position(1, 2, 3), by_position(1, 3, 3));

  const CallKeys<int, int, int> rest({.names = {"a"}, .ignore = {"*"}});
  EXPECT_EQ(rest(1, 2, 3), rest(1, 4, 5));
  EXPECT_NE(rest(1, 2, 3), rest(2, 2, 3));
}

TEST(CallKey, parameters_that_there_are_not_are_refused) {
  using Keys = CallKeys<int>;
  expect_kind(ErrorKind::invalid_argument, [] { Keys({.ignore = {1}}); });
  expect_kind(ErrorKind::invalid_argument, [] { Keys({.ignore = {-1}}); });
  expect_kind(ErrorKind::invalid_argument, [] { Keys({.ignore = {"a"}}); });
  expect_kind(ErrorKind::invalid_argument, [] { Keys({.names = {"a", "b"}}); });
}

TEST(CallKey, function_of_ones_own_makes_the_key) {
  const CallKeys<int, int> keys({}, [](int a, int b) { return Key(a + b); });

  EXPECT_EQ(keys(1, 2), keys(2, 1));
  EXPECT_NE(keys(1, 2), keys(2, 2));
  EXPECT_EQ(keys(1, 2), Key(3));
}

TEST(CallKey, identity_is_part_of_every_kind_of_key) {
  for (const KeyMap& map : {KeyMap::raw(), KeyMap::text(), KeyMap::digest()}) {
    const auto key = [&](const FunctionIdentity& identity) {
      return CallKeys<int>({.map = map}, {}, identity)(1);
    };
    expect_all_different({{"f", key({.name = "f"})},
                          {"g", key({.name = "g"})},
                          {"f, version 1", key({.name = "f", .version = "1"})},
                          {"f1", key({.name = "f1"})},
                          {"f(double)", key({.name = "f", .signature = 1})},
                          {"f, changed", key({.name = "f", .code = "1"})}});
  }
}

TEST(CallKey, arguments_can_be_read_back) {
  const auto check = [](const std::optional<FunctionIdentity>& identity) {
    const CallKeys<int, std::string, std::vector<double>> keys({}, {}, identity);
    EXPECT_TRUE(rc::check([&](int a, const std::string& b, const std::vector<double>& c) {
      RC_ASSERT(keys.arguments(keys(a, b, c)) == std::tuple(a, b, c));
    }));
  };
  check(std::nullopt);
  check(FunctionIdentity{.name = "f"});

  const CallKeys<int> digests({.map = KeyMap::digest()});
  expect_kind(ErrorKind::invalid_argument, [&] { (void)digests.arguments(digests(1)); });
}

TEST(CallKey, rounded_keys_with_identity_are_those_of_rounded_arguments) {
  const FunctionIdentity identity{.name = "f"};
  const CallKeys<double> rounded({.rounding = Rounding{.decimals = 1}}, {}, identity);
  const CallKeys<double> exact({}, {}, identity);

  EXPECT_EQ(rounded(1.23), exact(1.2));
  EXPECT_EQ(rounded.arguments(rounded(1.23)), std::tuple(1.2));
}

TEST(CallKey, argument_without_key_codec_is_refused_unless_ignored) {
  struct Logger {
    std::ostream* stream = nullptr;
  };
  expect_kind(ErrorKind::invalid_argument, [&] { (void)(CallKeys<int, Logger>()(1, {})); });
  EXPECT_EQ((CallKeys<int, Logger>({.ignore = {1}})(1, {})), key_of(1, nullptr));
}

TEST(KeyMap, digest_of_ones_own) {
  const KeyMap map = KeyMap::digest([](BytesView bytes) { return Bytes(bytes.size() % 7); });
  EXPECT_EQ(map(key_of(1)).as<Bytes>(), Bytes(key_of(1).bytes().size() % 7));
  expect_kind(ErrorKind::invalid_argument, [&] { (void)KeyMap::digest(nullptr); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)KeyMap::custom(nullptr); });
}

TEST(KeyMap, text_can_be_read_by_a_person) {
  EXPECT_EQ(KeyMap::text()(key_of(1, 2.5, "a"s)).as<std::string>(), "(1, 2.5, \"a\")");
}

TEST(KeyMap, chain_works_from_left_to_right) {
  const KeyMap chain = KeyMap::text() | KeyMap::digest();
  EXPECT_EQ(chain(key_of(1)), KeyMap::digest()(KeyMap::text()(key_of(1))));
  EXPECT_NE(chain(key_of(1)), KeyMap::digest()(key_of(1)));
  EXPECT_FALSE(chain.is_raw());
  EXPECT_TRUE((KeyMap::raw() | KeyMap::raw()).is_raw());
}

}  // namespace
}  // namespace larder::test
