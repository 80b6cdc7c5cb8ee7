// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/reflect.h"

#include <gtest/gtest.h>

#include <any>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "larder/codec/standard.h"
#include "samples.h"
#include "support/expect_kind.h"
#include "support/hex.h"

namespace larder {
namespace {

using test::expect_kind;
using test::from_hex;
using test::hex;

struct Empty {};
struct One {
  std::string text;
};
struct OneArray {
  int numbers[7];
};
struct ArrayOfOne {
  int numbers[1];
  int more;
};
struct Between {
  std::string text;
  int numbers[2];
  double real;
};
struct Nested {
  Between inner;
  std::array<int, 3> numbers;
  Between inners[2];
  std::string texts[2][3];
  Empty empty;
};
struct LargeBuffer {
  char buffer[4096];
  int used;
};
struct Constants {
  const int number;
  const std::string text;
};
struct Required {
  explicit Required(int v) : value(v) {}
  int value;
};
struct HasRequired {
  int before;
  Required required;
  std::string after;
};
struct ArraysAroundRequired {
  int before[3];
  Required required;
  int after[2];
};
struct Defaults {
  int number = 5;
  std::string text = "x";
  std::vector<std::string> list = {"a"};
  bool flag = true;
};
struct Greedy {  // members that can be made from anything
  std::any any;
  std::function<void()> function;
  std::vector<std::any> list;
  std::optional<std::any> optional;
  std::variant<int, std::any> variant;
  int number;
};
struct Standard {
  std::optional<int> a;
  std::optional<std::string> b;
  std::variant<int, std::string> c;
  std::map<std::string, int> d;
  std::unique_ptr<int> e;
  std::shared_ptr<One> f;
  std::tuple<int, double> g;
  std::pair<int, int> h;
  std::filesystem::path i;
  std::chrono::seconds j;
  std::string_view k;
};
struct Base {
  int number;
};
struct Derived : Base {
  int more;
};
struct EmptyBaseDerived : Empty {
  int more;
};
struct Sixteen {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p;
};
struct SixtyFour {
  std::string a0[2], a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7;
  int c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3, d4, d5, d6, d7;
  std::string e0, e1, e2, e3, e4, e5, e6, e7, f0, f1, f2, f3, f4, f5, f6, f7;
  double g0, g1, g2, g3, g4, g5, g6, g7, h0, h1, h2, h3, h4, h5, h6, h7;
};

template <typename T>
constexpr std::size_t count = detail::field_count<T>();

TEST(Reflection, members_are_counted_whatever_they_are) {
  static_assert(count<Empty> == 0);
  static_assert(count<One> == 1);
  static_assert(count<OneArray> == 1);
  static_assert(count<ArrayOfOne> == 2);
  static_assert(count<Between> == 3);
  static_assert(count<Nested> == 5);
  static_assert(count<LargeBuffer> == 2);
  static_assert(count<Constants> == 2);
  static_assert(count<HasRequired> == 3);
  static_assert(count<ArraysAroundRequired> == 3);
  static_assert(count<Defaults> == 4);
  static_assert(count<Greedy> == 6);
  static_assert(count<Standard> == 11);
  static_assert(count<Sixteen> == 16);
  static_assert(count<SixtyFour> == 64);
  static_assert(count<test::Station> == 10);
  static_assert(count<test::Tree> == 2);
  static_assert(count<test::Link> == 2);
}

TEST(Reflection, base_classes_are_noticed) {
  static_assert(detail::has_base<Derived>);
  static_assert(detail::has_base<EmptyBaseDerived>);
  static_assert(!detail::has_base<Empty>);
  static_assert(!detail::has_base<Nested>);
  static_assert(!detail::has_base<Standard>);
  static_assert(!detail::has_base<Greedy>);
}

TEST(Reflection, an_aggregate_is_an_array_of_its_members) {
  EXPECT_EQ(hex(encode(Empty())), "90");
  EXPECT_EQ(hex(encode(One{"a"})), "91 a1 61");
  EXPECT_EQ(hex(encode(test::Tree{1, {{2, {}}}})), "92 01 91 92 02 90");
}

TEST(Reflection, members_are_written_in_their_order) {
  SixtyFour value = {};
  value.a0[1] = "first";
  value.c0 = 17;
  value.f7 = "middle";
  value.h7 = 0.5;
  const Bytes bytes = encode(value);
  const SixtyFour again = decode<SixtyFour>(bytes);
  EXPECT_EQ(again.a0[1], "first");
  EXPECT_EQ(again.c0, 17);
  EXPECT_EQ(again.f7, "middle");
  EXPECT_EQ(again.h7, 0.5);
  EXPECT_EQ(hex(encode(Sixteen{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})),
            "dc 00 10 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10");
}

TEST(Reflection, c_arrays_come_back_nested_or_not) {
  Nested value = {};
  value.inners[1] = {"x", {3, 4}, 0.5};
  value.texts[1][2] = "last";
  const Nested again = decode<Nested>(encode(value));
  EXPECT_EQ(again.inners[1].text, "x");
  EXPECT_EQ(again.inners[1].numbers[1], 4);
  EXPECT_EQ(again.texts[1][2], "last");
  LargeBuffer large = {};
  large.buffer[4095] = 'z';
  EXPECT_EQ(decode<LargeBuffer>(encode(large)).buffer[4095], 'z');
}

TEST(Reflection, c_arrays_have_exactly_their_number_of_elements) {
  struct Texts {
    std::string texts[2];
  };
  EXPECT_EQ(hex(encode(Texts{{"a", "b"}})), "91 92 a1 61 a1 62");
  expect_kind(ErrorKind::corrupt,
              [] { static_cast<void>(decode<Texts>(from_hex("91 91 a1 61"))); });
  expect_kind(ErrorKind::corrupt,
              [] { static_cast<void>(decode<Texts>(from_hex("91 93 a1 61 a1 61 a1 61"))); });
}

TEST(Reflection, members_need_no_default_and_no_assignment) {
  const Constants again = decode<Constants>(encode(Constants{3, "k"}));
  EXPECT_EQ(again.number, 3);
  EXPECT_EQ(again.text, "k");
}

TEST(Reflection, another_number_of_members_is_corrupt) {
  expect_kind(ErrorKind::corrupt, [] { static_cast<void>(decode<One>(from_hex("90"))); });
  expect_kind(ErrorKind::corrupt, [] { static_cast<void>(decode<One>(from_hex("92 a0 a0"))); });
  expect_kind(ErrorKind::corrupt, [] { static_cast<void>(decode<One>(from_hex("a1 61"))); });
}

test::Link chain(int length) {
  test::Link link;
  for (int i = 1; i < length; ++i) {
    auto next = std::make_unique<test::Link>(std::move(link));
    link = {"", std::move(next)};
  }
  return link;
}

TEST(Reflection, a_type_that_holds_itself_goes_64_levels_deep) {
  EXPECT_EQ(decode<test::Link>(encode(chain(64))), chain(64));
  expect_kind(ErrorKind::invalid_argument, [] { static_cast<void>(encode(chain(65))); });
  test::Tree tree;
  for (int i = 0; i < 40; ++i) tree = {i, {tree}};
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(encode(tree)); });
}

TEST(Reflection, hostile_nesting_of_such_a_type_is_refused) {
  Bytes links;
  for (int i = 0; i < 100'000; ++i) append(links, from_hex("92 a0"));
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decode<test::Link>(links)); });
}

// A codec of one's own wins over reflection.
struct Celsius {
  double degrees;
};

}  // namespace

template <>
struct Codec<Celsius> {
  static void encode(const Celsius& value, WireWriter& out) { out.write_double(value.degrees); }
  static Celsius decode(WireReader& in) { return {in.read_double()}; }
  static constexpr std::uint64_t schema() { return named_schema("test.celsius/1"); }
};

namespace {

TEST(Reflection, a_codec_of_ones_own_wins_also_inside) {
  struct Reading {
    Celsius temperature;
  };
  EXPECT_EQ(hex(encode(Reading{{1}})), "91 cb 3f f0 00 00 00 00 00 00");
  EXPECT_EQ(decode<Reading>(encode(Reading{{1.5}})).temperature.degrees, 1.5);
}

}  // namespace
}  // namespace larder
