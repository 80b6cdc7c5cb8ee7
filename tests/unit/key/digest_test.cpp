// SPDX-License-Identifier: Apache-2.0
#include "larder/key/digest.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "larder/key/key.h"

namespace larder {
namespace {

TEST(Digest, is_the_same_on_every_machine) {
  // As `xxhsum -H2` prints them.
  EXPECT_EQ(digest({}).to_string(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(digest(as_bytes("larder")).to_string(), "7fb8acf4b9b3968499e126190611c8d6");
}

TEST(Digest, bytes_text_and_numbers_agree) {
  const Digest128 value{.high = 0x0123456789ABCDEF, .low = 0xFEDCBA9876543210};
  EXPECT_EQ(value.to_string(), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(value.bytes().front(), std::byte{0x01});
  EXPECT_EQ(value.bytes().back(), std::byte{0x10});
  EXPECT_EQ(Digest128::parse(value.to_string()), value);
}

TEST(Digest, only_32_digits_in_lower_case_are_one) {
  const std::string good(32, 'a');
  EXPECT_TRUE(Digest128::parse(good));
  EXPECT_FALSE(Digest128::parse(""));
  EXPECT_FALSE(Digest128::parse(good + "a"));
  EXPECT_FALSE(Digest128::parse(good.substr(1)));
  EXPECT_FALSE(Digest128::parse(std::string(31, 'a') + 'G'));
  EXPECT_FALSE(Digest128::parse(std::string(31, 'a') + 'A'));
}

TEST(Digest, bytes_sort_like_the_digests) {
  const Digest128 small{.high = 1, .low = UINT64_MAX};
  const Digest128 large{.high = 2, .low = 0};
  EXPECT_LT(small, large);
  EXPECT_TRUE(compare(small.bytes(), large.bytes()) < 0);
}

TEST(Digest, different_keys_have_different_digests) {
  std::set<Digest128> seen;
  for (int i = 0; i < 100'000; ++i) seen.insert(digest(Key(i).bytes()));
  EXPECT_EQ(seen.size(), 100'000U);
}

}  // namespace
}  // namespace larder
