// SPDX-License-Identifier: Apache-2.0

#include "engine/lmdb/stored_key.h"

#include <gtest/gtest.h>

#include <string>

#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

TEST(StoredKey, short_keys_are_stored_as_they_are) {
  const std::string key(short_key_bytes, 'k');
  const StoredKey stored(as_bytes(key));
  EXPECT_FALSE(stored.is_long());
  EXPECT_TRUE(equal(stored.bytes(), as_bytes(key)));
}

TEST(StoredKey, long_keys_with_one_beginning_differ_and_come_back_whole) {
  const std::string beginning(short_key_bytes, 'k');
  const std::string a = beginning + "a";
  const std::string b = beginning + "b";
  const StoredKey stored_a(as_bytes(a));
  const StoredKey stored_b(as_bytes(b));
  EXPECT_TRUE(stored_a.is_long());
  EXPECT_FALSE(equal(stored_a.bytes(), stored_b.bytes()));

  const Bytes value = stored_a.wrap(as_bytes("value"));
  const auto pair = unwrap(stored_a.bytes(), value);
  ASSERT_TRUE(pair);
  EXPECT_EQ(as_text(pair->key), a);
  EXPECT_EQ(as_text(pair->value), "value");
}

TEST(StoredKey, a_cut_long_value_is_noticed) {
  const std::string key(1000, 'k');
  const StoredKey stored(as_bytes(key));
  const Bytes value = stored.wrap(as_bytes("value"));
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{500}}) {
    EXPECT_FALSE(unwrap(stored.bytes(), BytesView(value).first(size)));
  }
}

TEST(StoredKey, an_empty_key_is_refused) { EXPECT_THROW(StoredKey({}), Error); }

}  // namespace
}  // namespace larder::lmdb
