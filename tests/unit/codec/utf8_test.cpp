// SPDX-License-Identifier: Apache-2.0
#include "codec/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace larder {
namespace {

// Encodes without any check, also what UTF-8 forbids.
std::string encode_point(unsigned point, int size) {
  const auto tail = [point](int shift) {
    return static_cast<char>(0x80U | ((point >> shift) & 0x3fU));
  };
  const auto lead = [point](unsigned mark, int shift) {
    return static_cast<char>(mark | (point >> shift));
  };
  if (size == 1) return {static_cast<char>(point)};
  if (size == 2) return {lead(0xc0, 6), tail(0)};
  if (size == 3) return {lead(0xe0, 12), tail(6), tail(0)};
  return {lead(0xf0, 18), tail(12), tail(6), tail(0)};
}

int shortest(unsigned point) {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

TEST(Utf8, exactly_the_scalar_values_in_their_shortest_form_are_text) {
  for (unsigned point = 0; point < 0x1fffff; ++point) {
    const bool is_scalar = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    ASSERT_EQ(is_utf8(encode_point(point, shortest(point))), is_scalar) << point;
    for (int longer = shortest(point) + 1; longer <= 4; ++longer) {
      ASSERT_FALSE(is_utf8(encode_point(point, longer))) << point;
    }
  }
}

TEST(Utf8, what_is_cut_off_or_stray_is_not_text) {
  for (const char* text : {"\x80", "\xbf", "\xc3", "\xe2\x82", "\xf0\x9f\x98",
                           "\xf8\x88\x80\x80\x80", "\xfe", "\xff", "a\xc3", "\xc3(", "\xe2(\xa1"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
}

}  // namespace
}  // namespace larder
