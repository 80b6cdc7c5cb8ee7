// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "support/expect_kind.h"

namespace larder {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using test::expect_kind;

std::string text_of(const Key& key) { return key.to_string(); }

static_assert(std::is_convertible_v<const char*, Key>);
static_assert(std::is_convertible_v<std::tuple<int, std::string>, Key>);
static_assert(!std::is_convertible_v<void*, Key>);
static_assert(!std::is_convertible_v<char, Key>, "a number or a text?");
static_assert(!std::is_convertible_v<long double, Key>);
static_assert(!std::is_default_constructible_v<Key>);
static_assert(std::is_nothrow_move_constructible_v<Key> && std::is_nothrow_move_assignable_v<Key>);

TEST(Key, is_made_implicitly_and_read_back) {
  EXPECT_EQ(Key("text").as<std::string>(), "text");
  EXPECT_EQ(Key(42).as<int>(), 42);
  EXPECT_EQ((Key(std::make_tuple("a", 1)).as<std::pair<std::string, int>>()), std::pair("a"s, 1));
}

TEST(Key, copies_and_moves_keep_short_and_long_keys) {
  for (const std::size_t size : {0U, 20U, 54U, 55U, 56U, 1000U}) {
    const std::string text(size, 'x');
    const Key key = text;
    Key copy = key;
    EXPECT_EQ(copy, key);
    Key moved = std::move(copy);
    EXPECT_EQ(moved, key);
    copy = key;
    moved = copy;
    EXPECT_EQ(moved.as<std::string>(), text);
    Key other = "another key"s + std::string(500, 'y');
    other = std::move(moved);
    EXPECT_EQ(other, key);
    Key& same = other;
    other = same;
    EXPECT_EQ(other, key) << size;
  }
}

TEST(Key, from_bytes_accepts_what_bytes_gives) {
  const Key key = std::make_tuple("a"s, -7, nullptr, std::make_tuple(1.5));
  EXPECT_EQ(Key::from_bytes(key.bytes()), key);
  EXPECT_EQ(Key::from_bytes(to_bytes(key.bytes())), key);
}

TEST(Key, from_bytes_refuses_what_is_no_key) {
  expect_kind(ErrorKind::corrupt, [] { (void)Key::from_bytes({}); });
  expect_kind(ErrorKind::corrupt, [] { (void)Key::from_bytes(as_bytes("hello")); });
  expect_kind(ErrorKind::corrupt, [] { (void)Key::from_bytes(as_bytes("\x01\x01")); });
  expect_kind(ErrorKind::corrupt, [] { (void)Key::from_bytes(as_bytes("\0"s)); });
}

TEST(Key, kind_tells_what_it_is) {
  EXPECT_EQ(Key(nullptr).kind(), KeyKind::null);
  EXPECT_EQ(Key(true).kind(), KeyKind::boolean);
  EXPECT_EQ(Key(-1).kind(), KeyKind::integer);
  EXPECT_EQ(Key(1.0).kind(), KeyKind::real);
  EXPECT_EQ(Key("").kind(), KeyKind::text);
  EXPECT_EQ(Key(Bytes{}).kind(), KeyKind::bytes);
  EXPECT_EQ(Key(WallTime{}).kind(), KeyKind::timestamp);
  EXPECT_EQ(Key(std::tuple<>{}).kind(), KeyKind::tuple);
}

TEST(Key, another_kind_or_shape_cannot_be_read) {
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(1).as<double>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(1.0).as<int>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(true).as<int>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key("1").as<Bytes>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(1).as<std::tuple<int>>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(std::make_tuple(1)).as<int>(); });
}

TEST(Key, tuple_prefix_begins_every_longer_tuple_and_no_other) {
  const Key pair = std::make_tuple("user", 1);
  const auto has_prefix = [&](const Key& key) {
    return starts_with(key.bytes(), pair.tuple_prefix());
  };
  EXPECT_TRUE(has_prefix(pair));
  EXPECT_TRUE(has_prefix(std::make_tuple("user", 1, "name")));
  EXPECT_TRUE(has_prefix(std::make_tuple("user", 1, std::make_tuple())));
  EXPECT_FALSE(has_prefix(std::make_tuple("user", 10)));
  EXPECT_FALSE(has_prefix(std::make_tuple("user")));
  EXPECT_FALSE(has_prefix(std::make_tuple("use", 1)));
  EXPECT_FALSE(has_prefix(std::make_tuple("user", 256)));
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key("user").tuple_prefix(); });
}

TEST(KeyText, shows_each_kind_in_its_own_way) {
  EXPECT_EQ(text_of(nullptr), "null");
  EXPECT_EQ(text_of(true), "true");
  EXPECT_EQ(text_of(false), "false");
  EXPECT_EQ(text_of(INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(text_of(UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(text_of(0), "0");
  EXPECT_EQ(text_of("text"), "\"text\"");
  EXPECT_EQ(text_of(to_bytes(as_bytes("a\x01\xC3"))), "b\"a\\x01\\xc3\"");
}

TEST(KeyText, numbers_with_a_point_never_look_like_integers) {
  EXPECT_EQ(text_of(1.0), "1.0");
  EXPECT_EQ(text_of(-0.0), "0.0");
  EXPECT_EQ(text_of(0.1), "0.1");
  EXPECT_EQ(text_of(1e300), "1e+300");
  EXPECT_EQ(text_of(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(text_of(-std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(KeyText, tuples_show_what_they_hold) {
  EXPECT_EQ(text_of(std::make_tuple()), "()");
  EXPECT_EQ(text_of(std::make_tuple(1)), "(1,)");
  EXPECT_EQ(text_of(std::make_tuple("a", 1)), "(\"a\", 1)");
  EXPECT_EQ(text_of(std::make_tuple(std::make_tuple(std::make_tuple()), 2)), "(((),), 2)");
}

TEST(KeyText, what_a_terminal_would_obey_is_escaped) {
  EXPECT_EQ(text_of("q\"b\\n\nr\rt\t"), R"("q\"b\\n\nr\rt\t")");
  EXPECT_EQ(text_of("\x1b[2J\x7f\0"s), R"("\x1b[2J\x7f\x00")");
  EXPECT_EQ(text_of("\xC2\x9B"), R"("\xc2\x9b")") << "C1 control";
}

TEST(KeyText, utf8_is_shown_and_what_is_none_is_escaped) {
  EXPECT_EQ(text_of("gr\u00FC\u00DFe \u6C34 \U0001F980"), "\"gr\u00FC\u00DFe \u6C34 \U0001F980\"");
  EXPECT_EQ(text_of("\xC0\x80"), R"("\xc0\x80")") << "overlong";
  EXPECT_EQ(text_of("\xE0\x80\x80"), R"("\xe0\x80\x80")") << "overlong";
  EXPECT_EQ(text_of("\xED\xA0\x80"), R"("\xed\xa0\x80")") << "surrogate";
  EXPECT_EQ(text_of("\xF4\x90\x80\x80"), R"("\xf4\x90\x80\x80")") << "beyond the last";
  EXPECT_EQ(text_of("\xE6\xB0"), R"("\xe6\xb0")") << "cut off";
  EXPECT_EQ(text_of("\xFF"), R"("\xff")");
}

TEST(KeyText, timestamps_are_dates_while_years_have_four_digits) {
  EXPECT_EQ(text_of(WallTime{}), "@1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(text_of(WallTime{-1us}), "@1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(text_of(std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + 61s + 5us),
            "@2024-02-29T00:01:01.000005Z");
  EXPECT_EQ(text_of(WallTime::max()), "@9223372036854775807us");
  EXPECT_EQ(text_of(WallTime::min()), "@-9223372036854775808us");
}

}  // namespace
}  // namespace larder
