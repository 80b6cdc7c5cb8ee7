// SPDX-License-Identifier: Apache-2.0
#include "larder/key/key_buffer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace larder {
namespace {

KeyBuffer buffer_of(std::string_view text) {
  KeyBuffer buffer;
  buffer.append(as_bytes(text));
  return buffer;
}

TEST(KeyBuffer, grows_byte_by_byte_without_losing_any) {
  KeyBuffer buffer;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    buffer.push_back(static_cast<std::byte>(i));
    expected += static_cast<char>(i);
    ASSERT_EQ(as_text(buffer.view()), expected);
  }
}

TEST(KeyBuffer, reserved_room_counts_only_when_committed) {
  KeyBuffer buffer = buffer_of("ab");
  std::byte* place = buffer.reserve(100);
  place[0] = std::byte{'c'};
  EXPECT_EQ(as_text(buffer.view()), "ab");
  buffer.commit(1);
  EXPECT_EQ(as_text(buffer.view()), "abc");
}

TEST(KeyBuffer, move_leaves_an_empty_buffer_that_can_be_used) {
  for (const std::size_t size : {3U, 56U, 57U, 300U}) {
    const std::string text(size, 'x');
    KeyBuffer from = buffer_of(text);
    KeyBuffer to = std::move(from);
    EXPECT_EQ(as_text(to.view()), text);
    EXPECT_EQ(from.size(), 0U);
    from.append(as_bytes("again"));
    EXPECT_EQ(as_text(from.view()), "again");
    to = std::move(from);
    EXPECT_EQ(as_text(to.view()), "again");
  }
}

TEST(KeyBuffer, copies_are_independent) {
  KeyBuffer original = buffer_of("ab");
  KeyBuffer copy = original;
  original.push_back(std::byte{'c'});
  EXPECT_EQ(as_text(copy.view()), "ab");
  copy = original;
  EXPECT_EQ(as_text(copy.view()), "abc");
}

}  // namespace
}  // namespace larder
