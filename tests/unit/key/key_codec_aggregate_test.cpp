// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_codec_aggregate.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "larder/key/key.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

struct Point {
  int x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};
struct Query {
  std::string name;
  Point from;
  std::vector<Point> path;
  std::optional<int> limit;
  friend bool operator==(const Query&, const Query&) = default;
};
struct Arrays {
  char name[8];
  int numbers[2][2];
};
struct OfStandardArrays {
  std::array<int, 2> numbers;
  std::array<std::byte, 2> bytes;
  std::array<Point, 1> points;
};
struct Empty {};
enum class Color { red, green };
struct OfEnumeration {
  Color color;
};
struct Constants {
  const int number;
  const std::string text;
};
template <typename T>
struct Pair {
  T first;
  T second;
};

// What cannot be a key.
struct Tree {
  int number;
  std::vector<Tree> children;
};
struct Second;
struct First {
  std::vector<Second> seconds;
};
struct Second {
  std::vector<First> firsts;
};
template <typename T>
struct Node {
  T value;
  std::vector<Node> nodes;
};
struct Twins {
  std::array<std::vector<Twins>, 2> twins;
};
struct HasPointer {
  int* pointer;
};
struct HasReference {
  int& reference;
};
struct HasCharacter {
  char character;
};
struct Base {
  int number;
};
struct Derived : Base {
  int more;
};
struct DerivedWithReference : Base {
  std::reference_wrapper<int> reference;
};
struct TooMany {
  Pair<int> a[30];
  int m00, m01, m02, m03, m04, m05, m06, m07, m08, m09, m10, m11, m12, m13, m14, m15, m16, m17, m18,
      m19, m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37,
      m38, m39, m40, m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56,
      m57, m58, m59, m60, m61, m62, m63, m64;
};

TEST(KeyOfAggregate, is_the_tuple_of_its_members) {
  EXPECT_EQ(Key(Point{1, 2.5}), Key(std::tuple(1, 2.5)));
  EXPECT_NE(Key(Point{1, 2.5}), Key(Point{2, 2.5}));
  EXPECT_EQ(Key(Query{"n", {1, 2}, {{3, 4}}, std::nullopt}),
            Key(std::tuple("n", std::tuple(1, 2.0), std::vector{std::tuple(3, 4.0)}, nullptr)));
  EXPECT_EQ(Key(OfStandardArrays{{1, 2}, {}, {{{3, 4}}}}),
            Key(std::tuple(std::tuple(1, 2), Bytes(2), std::make_tuple(std::tuple(3, 4.0)))));
  EXPECT_EQ(Key(OfEnumeration{Color::green}), Key(std::tuple(1)));
  EXPECT_EQ(Key(Constants{1, "t"}), Key(std::tuple(1, "t")));
  EXPECT_EQ(Key(Pair<Point>{{1, 2}, {3, 4}}),
            Key(std::tuple(std::tuple(1, 2.0), std::tuple(3, 4.0))));
  EXPECT_LT(Key(Point{1, 9}), Key(Point{2, 0}));
}

TEST(KeyOfAggregate, c_arrays_are_text_or_tuples) {
  EXPECT_EQ(Key(Arrays{"abc", {{1, 2}, {3, 4}}}),
            Key(std::tuple("abc", std::tuple(std::tuple(1, 2), std::tuple(3, 4)))));
  EXPECT_EQ(Key(Arrays{{'1', '2', '3', '4', '5', '6', '7', '8'}, {}}),
            Key(std::tuple("12345678", std::tuple(std::tuple(0, 0), std::tuple(0, 0)))));
}

TEST(KeyOfAggregate, all_of_an_array_of_characters_counts) {
  struct Id {
    char raw[4];
  };
  EXPECT_NE(Key(Id{{'\0', 'a', 'b', 'c'}}), Key(Id{{'\0', 'a', 'b', 'd'}}));
  EXPECT_NE(Key(Id{{'a', '\0', 'b', '\0'}}), Key(Id{{'a', '\0', '\0', '\0'}}));
  EXPECT_EQ(Key(Id{"a"}), Key(std::tuple("a")));
  EXPECT_EQ(Key(Id{}), Key(std::tuple("")));
}

TEST(KeyOfAggregate, is_read_back) {
  const Query query{"n", {1, 2}, {{3, 4}, {5, 6}}, 7};
  EXPECT_EQ(Key(query).as<Query>(), query);
  EXPECT_EQ(Key(Constants{1, "t"}).as<Constants>().text, "t");
  EXPECT_FALSE(KeyDecodable<Arrays>);
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(std::tuple(1)).as<Point>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(std::tuple(1, 2.0, 3)).as<Point>(); });
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key("text").as<Point>(); });
}

TEST(KeyOfAggregate, what_has_a_member_that_cannot_be_one_is_none) {
  EXPECT_FALSE(KeyEncodable<Empty>);
  EXPECT_FALSE(KeyEncodable<Tree>);
  EXPECT_FALSE(KeyEncodable<First>);
  EXPECT_FALSE(KeyEncodable<Second>);
  EXPECT_FALSE(KeyEncodable<Node<int>>);
  EXPECT_FALSE(KeyEncodable<Twins>);
  EXPECT_FALSE(KeyEncodable<HasPointer>);
  EXPECT_FALSE(KeyEncodable<std::vector<HasPointer>>);
  EXPECT_FALSE(KeyEncodable<HasReference>);
  EXPECT_FALSE(KeyEncodable<HasCharacter>);
  EXPECT_FALSE(KeyEncodable<Derived>);
  EXPECT_FALSE(KeyEncodable<DerivedWithReference>);
  EXPECT_FALSE(KeyEncodable<TooMany>);
  EXPECT_FALSE(KeyEncodable<std::unique_ptr<Point>>);
}

}  // namespace
}  // namespace larder::test
