// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_codec_standard.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <tuple>

#include "support/expect_kind.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(KeyOfStandardTypes, sets_and_maps_are_tuples) {
  EXPECT_EQ(Key(std::set{3, 1, 2}), Key(std::vector{1, 2, 3}));
  EXPECT_EQ(Key(std::map<std::string, int>{{"b", 2}, {"a", 1}}),
            Key(std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}}));
  EXPECT_NE(Key(std::map<int, int>{{1, 2}}), Key(std::map<int, int>{{2, 1}}));
  EXPECT_EQ(Key(std::set<int>()), Key(std::vector<int>()));
}

TEST(KeyOfStandardTypes, unordered_ones_do_not_depend_on_how_they_were_filled) {
  std::unordered_map<std::string, int> up;
  std::unordered_map<std::string, int> down(1000);
  for (int i = 0; i < 100; ++i) up[std::to_string(i)] = i;
  for (int i = 99; i >= 0; --i) down[std::to_string(i)] = i;
  EXPECT_EQ(Key(up), Key(down));
  down["5"] = 6;
  EXPECT_NE(Key(up), Key(down));
  EXPECT_EQ(Key(std::unordered_set{3, 1, 2}), Key(std::set{1, 2, 3}));
  EXPECT_EQ(Key(std::unordered_map<int, int>{{2, 1}, {1, 2}}),
            Key(std::map<int, int>{{2, 1}, {1, 2}}));
}

TEST(KeyOfStandardTypes, spans_are_what_they_show) {
  const std::vector<int> numbers = {1, 2, 3};
  EXPECT_EQ(Key(std::span(numbers)), Key(numbers));
  EXPECT_EQ(Key(std::span(numbers).first<2>()), Key(std::vector{1, 2}));
  std::vector<std::string> texts = {"a", "b"};
  EXPECT_EQ(Key(std::span(texts)), Key(texts));
  EXPECT_EQ(Key(as_bytes("ab")).kind(), KeyKind::bytes);
}

TEST(KeyOfStandardTypes, variants_know_their_alternative) {
  using Value = std::variant<int, long, std::string>;
  EXPECT_EQ(Key(Value(1)), Key(Value(1)));
  EXPECT_NE(Key(Value(1)), Key(Value(1L)));
  EXPECT_NE(Key(Value(1)), Key(Value("1"s)));
  EXPECT_NE(Key(std::variant<std::monostate, int>()), Key(std::variant<std::monostate, int>(0)));
}

TEST(KeyOfStandardTypes, nanoseconds_of_a_time_count) {
  const auto whole = std::chrono::sys_time<std::chrono::nanoseconds>(1'000'000us);
  EXPECT_EQ(Key(whole), Key(std::chrono::floor<std::chrono::microseconds>(whole)));
  EXPECT_NE(Key(whole + 1ns), Key(whole));
  EXPECT_NE(Key(whole + 1ns), Key(whole + 2ns));
  EXPECT_LT(Key(whole + 1ns), Key(whole + 2ns));
  EXPECT_EQ(Key(whole - 1ns),
            Key(std::tuple(std::chrono::floor<std::chrono::microseconds>(whole - 1us), 999)));
  EXPECT_TRUE(KeyEncodable<std::chrono::system_clock::time_point>);
}

TEST(KeyOfStandardTypes, equal_durations_are_one_key) {
  EXPECT_EQ(Key(1s), Key(1000ms));
  EXPECT_EQ(Key(2h), Key(120min));
  EXPECT_NE(Key(1ms), Key(1s));
  EXPECT_LT(Key(-1s), Key(1ns));
  expect_kind(ErrorKind::invalid_argument,
              [] { static_cast<void>(Key(std::chrono::hours::max())); });
  using Seconds = std::chrono::duration<double>;
  EXPECT_EQ(Key(Seconds(0.5)), Key(Seconds(0.5)));
  EXPECT_NE(Key(Seconds(0.5)), Key(std::chrono::duration<double, std::milli>(0.5)));
}

TEST(KeyOfStandardTypes, long_doubles_keep_all_digits) {
  using Limits = std::numeric_limits<long double>;
  EXPECT_EQ(Key(0.5L), Key(0.5));
  EXPECT_EQ(Key(-0.0L), Key(0.0));
  EXPECT_EQ(Key(Limits::infinity()), Key(std::numeric_limits<double>::infinity()));
  EXPECT_EQ(Key(Limits::quiet_NaN()), Key(std::numeric_limits<double>::quiet_NaN()));
  if (Limits::digits == std::numeric_limits<double>::digits) return;
  EXPECT_NE(Key(1.0L + Limits::epsilon()), Key(1.0L));
  EXPECT_NE(Key(1.0L + Limits::epsilon()), Key(1.0L + 2 * Limits::epsilon()));
  expect_kind(ErrorKind::invalid_argument, [] { static_cast<void>(Key(Limits::max())); });
}

}  // namespace
}  // namespace larder::test
