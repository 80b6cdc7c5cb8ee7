// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_codec.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>

#include "larder/key/key.h"
#include "support/expect_kind.h"

namespace larder {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::sys_time;
using test::expect_kind;

template <typename T>
void expect_round_trip(const T& value) {
  EXPECT_EQ(Key(value).as<T>(), value) << Key(value).to_string();
}

static_assert(!KeyEncodable<char> && !KeyEncodable<wchar_t> && !KeyEncodable<char8_t>);
static_assert(!KeyEncodable<int*> && !KeyEncodable<void*> && !KeyEncodable<std::byte>);
static_assert(!KeyEncodable<std::optional<std::optional<int>>>, "two ways to be empty");
static_assert(!KeyEncodable<std::optional<std::nullptr_t>>, "two ways to be empty");
static_assert(!KeyEncodable<sys_time<std::chrono::nanoseconds>>, "digits would be lost");
static_assert(!KeyEncodable<std::chrono::steady_clock::time_point>);
static_assert(!KeyEncodable<std::vector<char>> && !KeyEncodable<std::tuple<int, char>>);
static_assert(!KeyDecodable<std::string_view> && !KeyDecodable<const char*>);
static_assert(!KeyDecodable<BytesView> && !KeyDecodable<std::tuple<int, std::string_view>>);

enum class Color : std::int8_t { red, green = -5 };
enum Unscoped : unsigned char { nothing, most = 255 };
enum class Large : std::uint64_t { most = 0xFFFF'FFFF'FFFF'FFFF };
enum class Letter : char { a = 'a' };
enum class Answer : bool { no, yes };

TEST(KeyCodec, enumeration_is_the_number_behind_it) {
  EXPECT_EQ(Key(Color::green), Key(-5));
  EXPECT_EQ(Key(most), Key(255));
  EXPECT_EQ(Key(Large::most), Key(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(Key(Letter::a), Key(int{'a'}));
  EXPECT_EQ(Key(Answer::yes), Key(1));
  for (const Color color : {Color::red, Color::green}) expect_round_trip(color);
  expect_round_trip(most);
  expect_round_trip(Large::most);
  expect_round_trip(Letter::a);
  expect_round_trip(Answer::yes);
  expect_round_trip(std::tuple(Color::green, 7));
  expect_kind(ErrorKind::invalid_argument, [] { static_cast<void>(Key(128).as<Color>()); });
  expect_kind(ErrorKind::invalid_argument, [] { static_cast<void>(Key(-1).as<Unscoped>()); });
  expect_kind(ErrorKind::invalid_argument, [] { static_cast<void>(Key(2).as<Answer>()); });
  expect_kind(ErrorKind::invalid_argument, [] { static_cast<void>(Key("red").as<Color>()); });
}

template <typename T>
class KeyOfInteger : public ::testing::Test {};
using IntegerTypes =
    ::testing::Types<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                     std::uint32_t, std::int64_t, std::uint64_t, long long, unsigned long long>;
TYPED_TEST_SUITE(KeyOfInteger, IntegerTypes);

TYPED_TEST(KeyOfInteger, is_the_same_for_every_width_and_sign) {
  EXPECT_EQ(Key(TypeParam{0}), Key(0));
  EXPECT_EQ(Key(TypeParam{5}), Key(5));
  EXPECT_EQ(Key(TypeParam{127}), Key(std::uint64_t{127}));
  if constexpr (std::is_signed_v<TypeParam>) {
    EXPECT_EQ(Key(TypeParam{-1}), Key(std::int64_t{-1}));
    EXPECT_EQ(Key(TypeParam{-128}), Key(std::int64_t{-128}));
  }
}

TYPED_TEST(KeyOfInteger, reads_back_at_the_limits) {
  using Limits = std::numeric_limits<TypeParam>;
  for (const TypeParam value : {Limits::min(), Limits::max(), TypeParam{0}, TypeParam{1}}) {
    EXPECT_EQ(Key(value).template as<TypeParam>(), value);
  }
}

TYPED_TEST(KeyOfInteger, does_not_read_what_does_not_fit) {
  using Limits = std::numeric_limits<TypeParam>;
  const auto read = [](const Key& key) { (void)key.as<TypeParam>(); };
  if constexpr (sizeof(TypeParam) < 8) {
    expect_kind(ErrorKind::invalid_argument, [&] { read(std::int64_t{Limits::max()} + 1); });
    expect_kind(ErrorKind::invalid_argument, [&] { read(std::int64_t{Limits::min()} - 1); });
  }
  if constexpr (!std::is_signed_v<TypeParam>) {
    expect_kind(ErrorKind::invalid_argument, [&] { read(-1); });
  } else {
    expect_kind(ErrorKind::invalid_argument, [&] { read(std::uint64_t{1} << 63U); });
  }
  expect_kind(ErrorKind::invalid_argument, [&] { read(INT64_MIN == 0 ? 0 : 1.0); });
}

TEST(KeyOfReal, has_one_zero_and_one_nan) {
  using Limits = std::numeric_limits<double>;
  EXPECT_EQ(Key(-0.0), Key(0.0));
  EXPECT_FALSE(std::signbit(Key(-0.0).as<double>()));
  const Key nan = Limits::quiet_NaN();
  EXPECT_EQ(Key(-Limits::quiet_NaN()), nan);
  EXPECT_EQ(Key(Limits::signaling_NaN()), nan);
  EXPECT_EQ(Key(std::nan("12345")), nan);
  EXPECT_EQ(Key(std::numeric_limits<float>::quiet_NaN()), nan);
  EXPECT_TRUE(std::isnan(nan.as<double>()));
  EXPECT_TRUE(std::isnan(nan.as<float>()));
}

TEST(KeyOfReal, reads_back_at_the_limits) {
  using Limits = std::numeric_limits<double>;
  for (const double value :
       {0.0, 1.0, -1.0, 0.1, Limits::min(), Limits::max(), Limits::lowest(), Limits::denorm_min(),
        -Limits::denorm_min(), Limits::infinity(), -Limits::infinity(), Limits::epsilon()}) {
    expect_round_trip(value);
  }
}

TEST(KeyOfReal, float_is_the_double_of_the_same_value) {
  using Limits = std::numeric_limits<float>;
  EXPECT_EQ(Key(1.5F), Key(1.5));
  EXPECT_NE(Key(0.1F), Key(0.1));
  for (const float value : {0.1F, Limits::max(), Limits::denorm_min(), -Limits::infinity()}) {
    expect_round_trip(value);
  }
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(0.1).as<float>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(1e300).as<float>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(-1e300).as<float>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(1e-300).as<float>(); });
}

TEST(KeyOfText, is_the_same_for_every_type_of_text) {
  const Key key = "text"s;
  char buffer[16] = "text";
  char* pointer = buffer;
  const char* const constant = buffer;
  EXPECT_EQ(Key("text"), key);
  EXPECT_EQ(Key("text"sv), key);
  EXPECT_EQ(Key(buffer), key);
  EXPECT_EQ(Key(pointer), key);
  EXPECT_EQ(Key(constant), key);
  EXPECT_EQ(Key(std::filesystem::path("text")), key);
}

TEST(KeyOfText, reads_back_whatever_the_bytes) {
  expect_round_trip(""s);
  expect_round_trip("\0"s);
  expect_round_trip("\0\0\xFF\0\xFF\xFF"s);
  expect_round_trip("a\0"s);
  expect_round_trip(std::string(100'000, '\0'));
  expect_round_trip(std::string(100'000, '\xFF'));
  EXPECT_EQ(Key(""sv), Key(std::string_view{}));
}

TEST(KeyOfText, array_without_nul_is_not_read_beyond_its_end) {
  const char full[4] = {'a', 'b', 'c', 'd'};
  EXPECT_EQ(Key(full).as<std::string>(), "abcd");
  EXPECT_EQ(Key(std::tuple<const char(&)[4]>(full)), Key(std::make_tuple("abcd"s)));
}

TEST(KeyOfText, null_pointer_is_refused) {
  const char* null = nullptr;
  expect_kind(ErrorKind::invalid_argument, [&] { (void)Key(null); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)Key(std::make_tuple(1, null)); });
}

TEST(KeyOfText, path_is_text_as_it_was_written) {
  expect_round_trip(std::filesystem::path("/a//b/../c"));
  EXPECT_NE(Key(std::filesystem::path("a/b")), Key(std::filesystem::path("a//b")));
}

TEST(KeyOfBytes, is_the_same_for_every_type_of_bytes) {
  const Bytes bytes = to_bytes(as_bytes("a\0\xFF"sv));
  const std::array<std::byte, 3> array = {bytes[0], bytes[1], bytes[2]};
  EXPECT_EQ(Key(BytesView(bytes)), Key(bytes));
  EXPECT_EQ(Key(array), Key(bytes));
  expect_round_trip(bytes);
  expect_round_trip(array);
  expect_round_trip(Bytes{});
  expect_round_trip(std::array<std::byte, 0>{});
  EXPECT_NE(Key(bytes), Key(std::string(as_text(bytes))));
}

TEST(KeyOfBytes, array_of_another_size_cannot_be_read) {
  const Key key = Bytes(3);
  expect_kind(ErrorKind::invalid_argument, [&] { (void)key.as<std::array<std::byte, 2>>(); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)key.as<std::array<std::byte, 4>>(); });
}

TEST(KeyOfBytes, numbers_of_8_bits_are_a_sequence_and_no_bytes) {
  const std::vector<std::uint8_t> numbers = {1, 2};
  EXPECT_EQ(Key(numbers), Key(std::make_tuple(1, 2)));
}

TEST(KeyOfNothing, is_one_key) {
  EXPECT_EQ(Key(nullptr), Key(std::nullopt));
  EXPECT_EQ(Key(nullptr), Key(std::optional<int>{}));
  EXPECT_EQ(Key(nullptr), Key(std::optional<std::string>{}));
  EXPECT_EQ(Key(nullptr).as<std::nullptr_t>(), nullptr);
  EXPECT_EQ(Key(nullptr).as<std::optional<int>>(), std::nullopt);
}

TEST(KeyOfOptional, with_a_value_is_that_value) {
  EXPECT_EQ(Key(std::optional(5)), Key(5));
  EXPECT_EQ(Key(5).as<std::optional<int>>(), 5);
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key("x").as<std::optional<int>>(); });
}

TEST(KeyOfTime, is_the_same_for_every_precision) {
  const sys_seconds seconds{1'700'000'000s};
  EXPECT_EQ(Key(seconds), Key(WallTime(seconds)));
  EXPECT_EQ(Key(sys_days{std::chrono::days{1}}), Key(sys_seconds{86'400s}));
  EXPECT_EQ(Key(sys_time<std::chrono::weeks>{std::chrono::weeks{-1}}), Key(WallTime{-604'800s}));
  expect_round_trip(seconds);
  expect_round_trip(WallTime::min());
  expect_round_trip(WallTime::max());
  expect_round_trip(WallTime{-1us});
  expect_round_trip(sys_days{std::chrono::days{-1}});
}

TEST(KeyOfTime, what_is_too_far_away_or_too_fine_is_refused) {
  using FarTime = sys_time<std::chrono::hours>;
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(FarTime::max()); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(FarTime::min()); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(WallTime{1us}).as<sys_seconds>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(WallTime{-1us}).as<sys_days>(); });
}

}  // namespace
}  // namespace larder
