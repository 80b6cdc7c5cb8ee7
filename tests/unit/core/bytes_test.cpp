// SPDX-License-Identifier: Apache-2.0
#include "larder/core/bytes.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

namespace larder {
namespace {

using namespace std::string_view_literals;

TEST(Bytes, text_survives_the_way_to_bytes_and_back) {
  const std::string_view text = "a\0\xFFz"sv;
  EXPECT_EQ(as_text(to_bytes(as_bytes(text))), text);
}

TEST(Bytes, append_adds_at_the_end) {
  Bytes bytes = to_bytes(as_bytes("ab"));
  append(bytes, as_bytes("cd"));
  append(bytes, {});
  EXPECT_EQ(as_text(bytes), "abcd");
}

TEST(Bytes, order_is_unsigned_and_puts_a_prefix_first) {
  EXPECT_TRUE(compare(as_bytes("a"), as_bytes("b")) < 0);
  EXPECT_TRUE(compare(as_bytes("\x7F"), as_bytes("\x80")) < 0);
  EXPECT_TRUE(compare(as_bytes("a"), as_bytes("a\0"sv)) < 0);
  EXPECT_TRUE(compare(as_bytes("b"), as_bytes("ab")) > 0);
  EXPECT_TRUE(compare({}, as_bytes("")) == 0);
  EXPECT_TRUE(compare({}, as_bytes("a")) < 0);
}

TEST(Bytes, equality_looks_at_length_and_content) {
  EXPECT_TRUE(equal({}, {}));
  EXPECT_TRUE(equal(as_bytes("ab"), as_bytes("ab")));
  EXPECT_FALSE(equal(as_bytes("ab"), as_bytes("ac")));
  EXPECT_FALSE(equal(as_bytes("ab"), as_bytes("ab\0"sv)));
}

TEST(Bytes, every_view_starts_with_nothing_and_with_itself) {
  EXPECT_TRUE(starts_with(as_bytes("ab"), {}));
  EXPECT_TRUE(starts_with(as_bytes("ab"), as_bytes("ab")));
  EXPECT_TRUE(starts_with(as_bytes("ab"), as_bytes("a")));
  EXPECT_FALSE(starts_with(as_bytes("ab"), as_bytes("b")));
  EXPECT_FALSE(starts_with(as_bytes("a"), as_bytes("ab")));
  EXPECT_TRUE(starts_with({}, {}));
}

TEST(Bytes, a_map_finds_by_view) {
  const std::map<Bytes, int, BytesLess> map = {{to_bytes(as_bytes("k")), 7}};
  ASSERT_NE(map.find(as_bytes("k")), map.end());
  EXPECT_EQ(map.find(as_bytes("l")), map.end());
}

}  // namespace
}  // namespace larder
