// SPDX-License-Identifier: Apache-2.0

#include "larder/code/source_text.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(SourceText, white_space_between_tokens_does_not_count) {
  static_assert(source_digest("return x+1;") == source_digest(" return x\n  + 1 ;"));
  static_assert(source_digest("return x+1;") != source_digest("return x-1;"));
  EXPECT_NE(source_digest("a ++ + b"), source_digest("a + ++ b"));
  EXPECT_NE(source_digest("int a"), source_digest("inta"));
}

TEST(SourceText, white_space_in_literals_counts) {
  EXPECT_NE(source_digest(R"(f("a b"))"), source_digest(R"(f("ab"))"));
  EXPECT_NE(source_digest(R"(f(' '))"), source_digest(R"(f('x'))"));
  EXPECT_NE(source_digest(R"x(f("a\" b"))x"), source_digest(R"x(f("a\"b"))x"));
  EXPECT_EQ(source_digest("f(1'000, \"a b\",  c)"), source_digest("f( 1'000,\"a b\",c)"));
  EXPECT_NE(source_digest("f(1'000, \"a b\")"), source_digest("f(1'000, \"ab\")"));
  EXPECT_NE(source_digest("f(u8'a', \"a b\")"), source_digest("f(u8'a', \"ab\")"));
  EXPECT_NE(source_digest("R\"(a b)\""), source_digest("R\"(ab)\""));
}

TEST(SourceText, a_function_knows_its_source) {
  const auto area = LARDER_FN([](double width, double height) {
    // A comment is no part of it.
    return width * height;
  });
  const auto same = LARDER_FN([](double width, double height) { return width * height; });
  const auto other = LARDER_FN([](double width, double height) { return width + height; });
  EXPECT_EQ(area(2, 3), 6);
  EXPECT_EQ(area.source_digest(), same.source_digest());
  EXPECT_NE(area.source_digest(), other.source_digest());
}

TEST(SourceText, the_digest_is_the_same_everywhere) {
  EXPECT_EQ(source_digest("[](int x) { return x + 1; }").to_string(),
            "3198e82e17685d4a8e3c81bbdad7ea9a");
}

}  // namespace
}  // namespace larder
