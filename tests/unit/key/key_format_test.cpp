// SPDX-License-Identifier: Apache-2.0
// The bytes of docs/format/key.md: they are on disks already and must never change.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "larder/key/key.h"

namespace larder {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;

std::string hex(const Key& key) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const std::byte byte : key.bytes()) {
    if (!text.empty()) text += ' ';
    text += digits[std::to_integer<unsigned>(byte) >> 4U];
    text += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return text;
}

TEST(KeyFormat, null_and_boolean_are_one_byte) {
  EXPECT_EQ(hex(nullptr), "01");
  EXPECT_EQ(hex(false), "02");
  EXPECT_EQ(hex(true), "03");
}

TEST(KeyFormat, integers_are_as_long_as_needed) {
  EXPECT_EQ(hex(0), "18");
  EXPECT_EQ(hex(1), "19 01");
  EXPECT_EQ(hex(255), "19 FF");
  EXPECT_EQ(hex(256), "1A 01 00");
  EXPECT_EQ(hex(0x123456), "1B 12 34 56");
  EXPECT_EQ(hex(INT64_MAX), "20 7F FF FF FF FF FF FF FF");
  EXPECT_EQ(hex(UINT64_MAX), "20 FF FF FF FF FF FF FF FF");
  EXPECT_EQ(hex(-1), "17 FE");
  EXPECT_EQ(hex(-255), "17 00");
  EXPECT_EQ(hex(-256), "16 FE FF");
  EXPECT_EQ(hex(INT64_MIN), "10 7F FF FF FF FF FF FF FF");
}

TEST(KeyFormat, reals_are_eight_bytes_that_sort) {
  EXPECT_EQ(hex(0.0), "28 80 00 00 00 00 00 00 00");
  EXPECT_EQ(hex(1.0), "28 BF F0 00 00 00 00 00 00");
  EXPECT_EQ(hex(-1.0), "28 40 0F FF FF FF FF FF FF");
  EXPECT_EQ(hex(std::numeric_limits<double>::infinity()), "28 FF F0 00 00 00 00 00 00");
  EXPECT_EQ(hex(std::numeric_limits<double>::quiet_NaN()), "28 FF F8 00 00 00 00 00 00");
}

TEST(KeyFormat, text_and_bytes_end_with_a_zero_and_mark_theirs) {
  EXPECT_EQ(hex(""), "30 00 01");
  EXPECT_EQ(hex("abc"), "30 61 62 63 00 01");
  EXPECT_EQ(hex("a\0b"s), "30 61 00 FF 62 00 01");
  EXPECT_EQ(hex(Bytes{}), "38 00 01");
  EXPECT_EQ(hex(Bytes{std::byte{0}, std::byte{0xFF}}), "38 00 FF FF 00 01");
}

TEST(KeyFormat, timestamps_are_microseconds_with_the_sign_turned) {
  EXPECT_EQ(hex(WallTime{}), "40 80 00 00 00 00 00 00 00");
  EXPECT_EQ(hex(WallTime{1s}), "40 80 00 00 00 00 0F 42 40");
  EXPECT_EQ(hex(WallTime{-1us}), "40 7F FF FF FF FF FF FF FF");
}

TEST(KeyFormat, tuples_are_their_elements_and_a_zero) {
  EXPECT_EQ(hex(std::make_tuple()), "48 00");
  EXPECT_EQ(hex(std::make_tuple("a", 1)), "48 30 61 00 01 19 01 00");
  EXPECT_EQ(hex(std::make_tuple(std::make_tuple(nullptr))), "48 48 01 00 00");
}

}  // namespace
}  // namespace larder
