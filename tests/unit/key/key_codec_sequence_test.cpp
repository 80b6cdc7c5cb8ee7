// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_codec_sequence.h"

#include <gtest/gtest.h>

#include <string>

#include "larder/key/key.h"
#include "support/expect_kind.h"

/// A type of a user, made a key by way of its parts.
struct Position {
  int row = 0;
  int column = 0;
};

template <>
struct larder::KeyCodec<Position> {
  static void encode(const Position& position, KeyWriter& out) {
    KeyCodec<std::tuple<int, int>>::encode({position.row, position.column}, out);
  }
  static Position decode(KeyReader& in) {
    const auto [row, column] = KeyCodec<std::tuple<int, int>>::decode(in);
    return {row, column};
  }
};

namespace larder {
namespace {

using namespace std::string_literals;
using test::expect_kind;

/// A tuple in a tuple, `depth` deep.
struct Nest {
  std::size_t depth;
};

}  // namespace

template <>
struct KeyCodec<Nest> {
  static void encode(Nest nest, KeyWriter& out) {
    for (std::size_t i = 0; i < nest.depth; ++i) out.begin_tuple();
    for (std::size_t i = 0; i < nest.depth; ++i) out.end_tuple();
  }
};

namespace {

template <typename T>
void expect_round_trip(const T& value) {
  EXPECT_EQ(Key(value).template as<T>(), value) << Key(value).to_string();
}

TEST(KeyOfSequence, is_the_same_whatever_holds_the_elements) {
  const Key key = std::make_tuple(1, 2);
  EXPECT_EQ(Key(std::pair(1, 2)), key);
  EXPECT_EQ(Key(std::vector<long>{1, 2}), key);
  EXPECT_EQ(Key(std::array<std::uint8_t, 2>{1, 2}), key);
  EXPECT_EQ(Key(std::make_tuple()), Key(std::vector<std::string>{}));
  EXPECT_EQ(Key(std::make_tuple()), Key(std::array<int, 0>{}));
}

TEST(KeyOfSequence, reads_back) {
  expect_round_trip(std::make_tuple(1, "a"s, 2.5, true, nullptr, std::optional<int>{}));
  expect_round_trip(std::make_tuple());
  expect_round_trip(std::make_tuple(std::make_tuple(std::make_tuple(1))));
  expect_round_trip(std::pair("a\0b"s, Bytes(2)));
  expect_round_trip(std::vector<std::string>{"", "a", "\0"s});
  expect_round_trip(std::vector<std::vector<int>>{{}, {1}, {1, 2}});
  expect_round_trip(std::vector<bool>{true, false, true});
  expect_round_trip(std::array<double, 3>{1, 2, 3});
  expect_round_trip(std::array<int, 0>{});
}

TEST(KeyOfSequence, may_hold_references_and_text_literals) {
  const std::string name = "n";
  const int number = 3;
  EXPECT_EQ(Key(std::tie(name, number)), Key(std::make_tuple(name, number)));
  EXPECT_EQ(Key(std::forward_as_tuple("n", 3)), Key(std::make_tuple("n"s, 3)));
  EXPECT_EQ(Key(std::pair<const std::string&, int>(name, 3)), Key(std::make_tuple("n"s, 3)));
}

TEST(KeyOfSequence, another_number_of_elements_cannot_be_read) {
  const Key pair = std::make_tuple(1, 2);
  expect_kind(ErrorKind::invalid_argument, [&] { (void)pair.as<std::tuple<int>>(); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)pair.as<std::tuple<int, int, int>>(); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)pair.as<std::array<int, 1>>(); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)pair.as<std::array<int, 3>>(); });
  expect_kind(ErrorKind::invalid_argument,
              [&] { (void)pair.as<std::tuple<int, int, std::optional<int>>>(); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)pair.as<std::vector<std::string>>(); });
  expect_kind(ErrorKind::invalid_argument,
              [] { (void)Key(std::make_tuple(1)).as<std::pair<int, int>>(); });
}

TEST(KeyOfSequence, nests_as_deep_as_documented_and_no_deeper) {
  const Key deepest = Nest{max_key_depth};
  EXPECT_EQ(Key::from_bytes(deepest.bytes()), deepest);
  expect_kind(ErrorKind::invalid_argument, [] { (void)Key(Nest{max_key_depth + 1}); });

  Bytes deeper(max_key_depth + 1, deepest.bytes().front());
  deeper.resize(2 * deeper.size());
  expect_kind(ErrorKind::corrupt, [&] { (void)Key::from_bytes(deeper); });
}

TEST(KeyOfSequence, a_million_open_tuples_are_refused_at_once) {
  const Bytes open(1'000'000, Key(std::make_tuple()).bytes().front());
  expect_kind(ErrorKind::corrupt, [&] { (void)Key::from_bytes(open); });
}

TEST(KeyCodec, a_user_can_make_keys_of_own_types) {
  const Key key = Position{.row = 3, .column = 4};
  EXPECT_EQ(key, Key(std::make_tuple(3, 4)));
  EXPECT_EQ(key.as<Position>().column, 4);
  EXPECT_EQ(Key(std::vector<Position>{{1, 2}}), Key(std::make_tuple(std::make_tuple(1, 2))));
}

}  // namespace
}  // namespace larder
