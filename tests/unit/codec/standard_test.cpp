// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/standard.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "samples.h"
#include "support/expect_kind.h"
#include "support/hex.h"

namespace larder {
namespace {

using test::expect_kind;
using test::from_hex;
using test::hex;

template <typename T>
std::string encoded(const T& value) {
  return hex(encode(value));
}

template <typename T>
void expect_corrupt(std::string_view bytes) {
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decode<T>(from_hex(bytes))); });
}

TEST(Codec, every_sample_comes_back_equal_from_stable_bytes) {
  test::for_each_sample([]<typename T>(const T& value) {
    const Bytes bytes = encode(value);
    const T again = decode<T>(bytes);
    EXPECT_EQ(hex(encode(again)), hex(bytes));
    if constexpr (!std::is_same_v<T, std::unique_ptr<std::string>>) {
      EXPECT_TRUE(again == value) << hex(bytes);
    } else {
      EXPECT_EQ(*again, *value);
    }
  });
}

TEST(Codec, bytes_behind_the_value_are_corrupt) {
  expect_corrupt<int>("01 00");
  expect_corrupt<std::string>("a1 61 c0");
}

TEST(Codec, integers_of_every_width_share_an_encoding_and_check_their_range) {
  EXPECT_EQ(encoded(std::int8_t{5}), encoded(std::uint64_t{5}));
  EXPECT_EQ(decode<std::int64_t>(encode(std::uint8_t{200})), 200);
  expect_corrupt<std::int8_t>("cc 80");
  expect_corrupt<std::uint8_t>("cd 01 00");
  expect_corrupt<std::uint8_t>("ff");
  expect_corrupt<std::int32_t>("ce 80 00 00 00");
  expect_corrupt<std::int32_t>("d3 ff ff ff ff 7f ff ff ff");
  expect_corrupt<std::int64_t>("cf 80 00 00 00 00 00 00 00");
  EXPECT_EQ(decode<std::int8_t>(from_hex("d0 80")), -128);
}

TEST(Codec, a_number_of_one_kind_is_not_read_as_another) {
  expect_corrupt<double>("01");
  expect_corrupt<double>("ca 00 00 00 00");
  expect_corrupt<float>("cb 00 00 00 00 00 00 00 00");
  expect_corrupt<int>("cb 3f f0 00 00 00 00 00 00");
  expect_corrupt<bool>("01");
  expect_corrupt<int>("c3");
}

TEST(Codec, text_and_binary_stay_apart) {
  EXPECT_EQ(encoded(std::string("a")), "a1 61");
  EXPECT_EQ(encoded(Bytes{std::byte{0x61}}), "c4 01 61");
  expect_corrupt<std::string>("c4 01 61");
  expect_corrupt<Bytes>("a1 61");
}

TEST(Codec, text_may_hold_any_bytes) {
  const std::string odd("\xff\0\n\xc3", 4);
  EXPECT_EQ(decode<std::string>(encode(odd)), odd);
}

TEST(Codec, nothing_and_something_that_is_nothing_differ) {
  using Inner = std::optional<int>;
  using Outer = std::optional<Inner>;
  EXPECT_EQ(encoded(Inner()), "c0");
  EXPECT_EQ(encoded(Inner(1)), "01");
  EXPECT_EQ(encoded(Outer()), "90");
  EXPECT_EQ(encoded(Outer(Inner())), "91 c0");
  EXPECT_EQ(encoded(Outer(Inner(1))), "91 01");
  EXPECT_EQ(decode<Outer>(from_hex("91 c0")), Outer(Inner()));
  EXPECT_EQ(decode<Outer>(from_hex("90")), Outer());
  expect_corrupt<Outer>("92 c0 c0");
  expect_corrupt<Outer>("c0");
  EXPECT_EQ(encoded(std::optional<Outer>()), "c0");
}

TEST(Codec, a_variant_is_index_and_value) {
  using V = std::variant<int, std::string, int>;
  EXPECT_EQ(encoded(V(std::in_place_index<2>, 7)), "92 02 07");
  EXPECT_EQ(decode<V>(from_hex("92 02 07")).index(), 2U);
  expect_corrupt<V>("92 03 07");
  expect_corrupt<V>("92 ff 07");
  expect_corrupt<V>("92 01 07");
  expect_corrupt<V>("91 00");
  expect_corrupt<V>("93 00 00 00");
}

struct ThrowsOnMove {
  int value = 0;
  ThrowsOnMove() = default;
  ThrowsOnMove(const ThrowsOnMove&) = default;
  ThrowsOnMove(ThrowsOnMove&&) { throw 1; }
  ThrowsOnMove& operator=(const ThrowsOnMove&) = default;
};

}  // namespace

template <>
struct Codec<ThrowsOnMove> {
  static void encode(const ThrowsOnMove& value, WireWriter& out) { out.write_int(value.value); }
  static ThrowsOnMove decode(WireReader& in) { return in.read_nil(), ThrowsOnMove(); }
  static consteval std::uint64_t schema() { return named_schema("test.throws"); }
};

namespace {

TEST(Codec, a_variant_without_a_value_is_refused) {
  std::variant<int, ThrowsOnMove> value = 1;
  try {
    value = ThrowsOnMove();
  } catch (int) {
  }
  ASSERT_TRUE(value.valueless_by_exception());
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(encode(value)); });
}

TEST(Codec, tuples_and_arrays_have_exactly_their_number_of_elements) {
  using T = std::tuple<int, int>;
  EXPECT_EQ(encoded(T(1, 2)), "92 01 02");
  expect_corrupt<T>("91 01");
  expect_corrupt<T>("93 01 02 03");
  expect_corrupt<std::tuple<>>("91 00");
  using A = std::array<std::string, 2>;
  expect_corrupt<A>("91 a0");
  using Raw = std::array<std::byte, 2>;
  expect_corrupt<Raw>("c4 01 00");
  expect_corrupt<Raw>("c4 03 00 00 00");
}

TEST(Codec, equal_unordered_containers_have_equal_bytes) {
  std::unordered_map<std::string, int> a;
  std::unordered_map<std::string, int> b(1000);
  for (int i = 0; i < 100; ++i) a[std::to_string(i)] = i;
  for (int i = 99; i >= 0; --i) b[std::to_string(i)] = i;
  EXPECT_EQ(a, b);
  EXPECT_EQ(encoded(a), encoded(b));
  const std::unordered_set<int> set = {300, -1, 5};
  EXPECT_EQ(encoded(set), "93 05 cd 01 2c ff");
}

TEST(Codec, elements_out_of_order_or_twice_are_corrupt) {
  expect_corrupt<std::set<int>>("92 02 01");
  expect_corrupt<std::set<int>>("92 01 01");
  expect_corrupt<std::unordered_set<int>>("92 02 01");
  expect_corrupt<std::unordered_set<int>>("92 01 01");
  using Map = std::map<int, int>;
  expect_corrupt<Map>("82 02 00 01 00");
  expect_corrupt<Map>("82 01 00 01 00");
  using Hashed = std::unordered_map<int, int>;
  expect_corrupt<Hashed>("82 02 00 01 00");
  expect_corrupt<Hashed>("82 01 00 01 00");
  // 0.0 and -0.0 are two encodings of equal keys
  expect_corrupt<std::unordered_set<double>>(
      "92 cb 00 00 00 00 00 00 00 00 cb 80 00 00 00 00 00 00 00");
}

TEST(Codec, sets_in_another_order_keep_it) {
  const std::set<int, std::greater<>> down = {1, 2, 3};
  EXPECT_EQ(encoded(down), "93 03 02 01");
  EXPECT_EQ((decode<std::set<int, std::greater<>>>(encode(down))), down);
}

TEST(Codec, pointers_are_nil_or_what_they_point_to) {
  EXPECT_EQ(encoded(std::unique_ptr<int>()), "c0");
  EXPECT_EQ(encoded(std::make_shared<int>(3)), "03");
  EXPECT_EQ(decode<std::unique_ptr<int>>(from_hex("c0")), nullptr);
  EXPECT_EQ(*decode<std::shared_ptr<int>>(from_hex("03")), 3);
}

// A codec that writes nil without saying so would make something of nothing.
struct Sly {};

}  // namespace

template <>
struct Codec<Sly> {
  static void encode(const Sly&, WireWriter& out) { out.write_nil(); }
  static Sly decode(WireReader& in) { return in.read_nil(), Sly(); }
  static consteval std::uint64_t schema() { return named_schema("test.sly"); }
};

namespace {

TEST(Codec, an_undeclared_nil_in_an_optional_is_refused) {
  EXPECT_EQ(encoded(Sly()), "c0");
  expect_kind(ErrorKind::invalid_argument, [] { static_cast<void>(encode(std::optional(Sly()))); });
}

TEST(Codec, what_has_no_codec_is_not_encodable) {
  struct Hidden {
    explicit Hidden(int v) : value_(v) {}

   private:
    [[maybe_unused]] int value_;
  };
  static_assert(!Encodable<Hidden>);
  static_assert(!Encodable<int*>);
  static_assert(!Encodable<const char*>);
  static_assert(!Encodable<long double>);
  static_assert(!Encodable<std::chrono::steady_clock::time_point>);
  static_assert(Encodable<std::vector<std::map<std::string, std::optional<int>>>>);
}

}  // namespace
}  // namespace larder
