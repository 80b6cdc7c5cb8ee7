// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/detail/block.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "larder/codec/standard.h"
#include "support/expect_kind.h"
#include "support/hex.h"

namespace larder {
namespace {

using test::expect_kind;
using test::from_hex;
using test::hex;

template <typename T>
void expect_corrupt(std::string_view bytes) {
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decode<T>(from_hex(bytes))); });
}

TEST(Block, bytes_are_kind_size_rank_shape_and_data) {
  EXPECT_EQ(hex(encode(std::vector<std::uint16_t>{1, 0x203})),
            "c7 0b 03 75 02 01 02 00 00 00 01 00 03 02");
  EXPECT_EQ(hex(encode(std::vector<std::int8_t>())), "c7 07 03 69 01 01 00 00 00 00");
  EXPECT_EQ(hex(encode(std::array<float, 1>{1})), "c7 0b 03 66 04 01 01 00 00 00 00 00 80 3f");
  EXPECT_EQ(hex(encode(std::vector<bool>{true, false})), "c7 09 03 62 01 01 02 00 00 00 01 00");
}

TEST(Block, nested_arrays_have_their_shape) {
  const std::vector<std::array<std::array<std::uint8_t, 2>, 3>> cubes(1,
                                                                      {{{1, 2}, {3, 4}, {5, 6}}});
  const Bytes bytes = encode(cubes);
  EXPECT_EQ(hex(bytes), "c7 15 03 75 01 03 01 00 00 00 03 00 00 00 02 00 00 00 01 02 03 04 05 06");
  EXPECT_EQ(decode<std::remove_const_t<decltype(cubes)>>(bytes), cubes);
}

TEST(Block, data_at_odd_addresses_are_read) {
  const std::vector<double> values = {1.5, -2.5, 1e300};
  const Bytes bytes = encode(values);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    Bytes moved(shift);
    append(moved, bytes);
    EXPECT_EQ(decode<std::vector<double>>(BytesView(moved).subspan(shift)), values);
  }
}

TEST(Block, other_numbers_are_refused) {
  const Bytes bytes = encode(std::vector<std::int32_t>{1, 2});
  EXPECT_NO_THROW(static_cast<void>(decode<std::vector<std::int32_t>>(bytes)));
  const auto refused = [&bytes]<typename T>(T) {
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decode<T>(bytes)); });
  };
  refused(std::vector<std::uint32_t>());
  refused(std::vector<std::int64_t>());
  refused(std::vector<float>());
  refused(std::vector<bool>());
  refused(std::vector<std::array<std::int32_t, 2>>());
  refused(std::array<std::int32_t, 3>());
  refused(std::vector<std::string>());
}

TEST(Block, shapes_that_lie_are_refused) {
  using Bytes1 = std::vector<std::uint8_t>;
  expect_corrupt<Bytes1>("c7 08 03 75 01 01 02 00 00 00 00");  // two promised, one there
  expect_corrupt<Bytes1>("c7 08 03 75 01 01 00 00 00 00 00");  // none promised, one there
  expect_corrupt<Bytes1>("c7 07 03 75 01 01 ff ff ff ff");
  expect_corrupt<Bytes1>("c7 03 03 75 01 01");  // no room for the shape
  expect_corrupt<Bytes1>("d5 03 75 01");
  expect_corrupt<Bytes1>("c7 07 04 75 01 01 00 00 00 00");  // another extension
  expect_corrupt<Bytes1>("c7 07 03 75 01 02 00 00 00 00");  // another rank
  // 2^32-1 rows of 2^61 bytes: the product has no place in 64 bits
  using Wide = std::vector<std::array<std::uint64_t, 2>>;
  expect_corrupt<Wide>("c7 0b 03 75 08 02 ff ff ff ff 02 00 00 00");
  expect_corrupt<std::vector<bool>>("c7 08 03 62 01 01 01 00 00 00 02");
  using Two = std::array<bool, 2>;
  expect_corrupt<Two>("c7 09 03 62 01 01 02 00 00 00 01 ff");
}

}  // namespace
}  // namespace larder
