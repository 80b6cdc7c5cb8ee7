// SPDX-License-Identifier: Apache-2.0
// Bytes from a damaged disk: whatever they are, they are refused or are exactly one key.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "larder/core/error.h"
#include "larder/core/random.h"
#include "larder/key/key.h"
#include "support/any_value.h"
#include "unit/key/near_keys.h"

namespace larder {
namespace {

using test::AnyValue;

/// The key of `bytes`, or nothing if they are refused as they should be.
std::optional<Key> parse(BytesView bytes) {
  try {
    return Key::from_bytes(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::corrupt) << error.what();
    return std::nullopt;
  }
}

/// What is accepted must be what writing its value gives: no value has two encodings.
void expect_refused_or_canonical(BytesView bytes) {
  const auto key = parse(bytes);
  if (!key) return;
  ASSERT_TRUE(equal(key->bytes(), bytes));
  ASSERT_TRUE(equal(Key(key->as<AnyValue>()).bytes(), bytes)) << key->to_string();
}

TEST(HostileKey, cut_off_anywhere_is_refused) {
  for (const Key& key : test::near_keys()) {
    for (std::size_t size = 0; size < key.bytes().size(); ++size) {
      EXPECT_FALSE(parse(key.bytes().first(size))) << key.to_string() << ' ' << size;
    }
  }
}

TEST(HostileKey, followed_by_any_byte_is_refused) {
  for (const Key& key : test::near_keys()) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      Bytes longer = to_bytes(key.bytes());
      longer.push_back(static_cast<std::byte>(byte));
      EXPECT_FALSE(parse(longer)) << key.to_string() << ' ' << byte;
    }
  }
}

TEST(HostileKey, with_any_byte_changed_is_refused_or_canonical) {
  for (const Key& key : test::near_keys()) {
    Bytes bytes = to_bytes(key.bytes());
    for (std::byte& byte : bytes) {
      const std::byte original = byte;
      for (unsigned value = 0; value < 256; ++value) {
        byte = static_cast<std::byte>(value);
        ASSERT_NO_FATAL_FAILURE(expect_refused_or_canonical(bytes));
      }
      byte = original;
    }
  }
}

TEST(HostileKey, of_one_to_three_bytes_is_refused_or_canonical) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const Bytes two = {static_cast<std::byte>(first), static_cast<std::byte>(second)};
      ASSERT_NO_FATAL_FAILURE(expect_refused_or_canonical(two));
      for (const unsigned third : {0x00U, 0x01U}) {
        Bytes three = two;
        three.push_back(static_cast<std::byte>(third));
        ASSERT_NO_FATAL_FAILURE(expect_refused_or_canonical(three));
      }
    }
    const Bytes one = {static_cast<std::byte>(first)};
    ASSERT_NO_FATAL_FAILURE(expect_refused_or_canonical(one));
  }
}

TEST(HostileKey, of_random_marks_is_refused_or_canonical) {
  constexpr std::string_view marks("\x00\x01\x02\x03\x10\x17\x18\x19\x20\x28\x30\x38\x40\x48\xFF",
                                   15);
  Random random(7);
  std::size_t accepted = 0;
  for (int i = 0; i < 30'000; ++i) {
    Bytes bytes(1 + random.below(12));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(marks[random.below(marks.size())]);
    ASSERT_NO_FATAL_FAILURE(expect_refused_or_canonical(bytes));
    accepted += parse(bytes) ? 1U : 0U;
  }
  EXPECT_GT(accepted, 1000U) << "the test must also see keys";
}

TEST(HostileKey, second_encodings_of_a_value_are_refused) {
  using namespace std::string_literals;
  for (const std::string& bytes : {
           "\x19\x00"s,                              // 0 in one byte
           "\x1A\x00\x01"s,                          // 1 in two bytes
           "\x17\xFF"s,                              // minus 0
           "\x16\xFF\xFE"s,                          // -1 in two bytes
           "\x10\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFE"s,  // -2^63 - 1
           "\x28\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s,  // -0.0
           "\x28\xFF\xF8\x00\x00\x00\x00\x00\x01"s,  // another NaN
           "\x30\x00\x02"s,                          // text with another mark
           "\x28\x00\x07\xFF\xFF\xFF\xFF\xFF\xFF"s,  // a negative NaN
       }) {
    EXPECT_FALSE(parse(as_bytes(bytes)));
  }
}

}  // namespace
}  // namespace larder
