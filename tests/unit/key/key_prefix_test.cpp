// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_prefix.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "larder/core/error.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

bool begins(const Key& key, const KeyPrefix& prefix) {
  return starts_with(key.bytes(), prefix.encoded());
}

TEST(KeyPrefix, of_text_is_that_of_text_only) {
  const KeyPrefix prefix = KeyPrefix::text("an");
  EXPECT_TRUE(begins("an", prefix));
  EXPECT_TRUE(begins("ann", prefix));
  EXPECT_TRUE(begins(std::string("an\0n", 4), prefix));
  EXPECT_FALSE(begins("a", prefix));
  EXPECT_FALSE(begins("Ann", prefix));
  EXPECT_FALSE(begins(to_bytes(as_bytes("ann")), prefix));
  EXPECT_FALSE(begins(std::tuple("ann"), prefix));
}

TEST(KeyPrefix, with_a_zero_is_that_of_the_zero) {
  const KeyPrefix prefix = KeyPrefix::text(std::string_view("a\0", 2));
  EXPECT_TRUE(begins(std::string("a\0b", 3), prefix));
  EXPECT_FALSE(begins("a", prefix));
  EXPECT_FALSE(begins("ab", prefix));
}

TEST(KeyPrefix, of_bytes_is_that_of_bytes_only) {
  const KeyPrefix prefix = KeyPrefix::bytes(as_bytes("an"));
  EXPECT_TRUE(begins(to_bytes(as_bytes("ann")), prefix));
  EXPECT_FALSE(begins("ann", prefix));
}

TEST(KeyPrefix, of_a_tuple_is_that_of_its_elements) {
  const KeyPrefix prefix = KeyPrefix::tuple(Key(std::tuple("no", 1)));
  EXPECT_TRUE(begins(std::tuple("no", 1), prefix));
  EXPECT_TRUE(begins(std::tuple("no", 1, "more"), prefix));
  EXPECT_FALSE(begins(std::tuple("no", 10), prefix));
  EXPECT_FALSE(begins(std::tuple("no"), prefix));
  expect_kind(ErrorKind::invalid_argument, [] { static_cast<void>(KeyPrefix::tuple(Key("no"))); });
}

}  // namespace
}  // namespace larder::test
