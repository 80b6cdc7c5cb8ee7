// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/detail/scratch.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace larder::detail {
namespace {

constexpr std::size_t long_size = 1U << 20U;

TEST(Scratch, a_thread_keeps_the_last_buffer) {
  const std::byte* place = nullptr;
  {
    Scratch first;
    first.bytes().resize(long_size);
    place = first.view().data();
  }

  Scratch second;

  EXPECT_GE(second.bytes().capacity(), long_size);
  EXPECT_EQ(second.view().data(), place);
}

TEST(Scratch, begins_empty_or_with_what_was_left) {
  Scratch().bytes().resize(long_size);

  EXPECT_EQ(Scratch().view().size(), 0U);
  Scratch().bytes().resize(long_size);
  EXPECT_EQ(Scratch::used().view().size(), long_size);
}

TEST(Scratch, two_at_once_never_share_a_buffer) {
  Scratch().bytes().resize(long_size);

  Scratch outer;
  Scratch inner;
  outer.bytes().assign(long_size, std::byte{1});
  inner.bytes().assign(long_size, std::byte{2});

  EXPECT_EQ(outer.view().front(), std::byte{1});
  EXPECT_EQ(inner.view().front(), std::byte{2});
  EXPECT_NE(outer.view().data(), inner.view().data());
}

TEST(Scratch, moves_with_its_content_in_place) {
  Scratch first;
  first.bytes().assign(long_size, std::byte{1});
  const BytesView seen = first.view();

  const Scratch second = std::move(first);

  EXPECT_EQ(second.view().data(), seen.data());
  EXPECT_EQ(second.view().size(), long_size);
}

TEST(Scratch, what_is_too_long_is_not_kept) {
  std::thread([] {
    {
      Scratch first;
      first.bytes().resize(8 * long_size);
    }
    EXPECT_EQ(Scratch().bytes().capacity(), 0U);
  }).join();
}

TEST(Scratch, may_end_in_another_thread) {
  auto made = std::make_unique<Scratch>();
  made->bytes().assign(long_size, std::byte{1});

  std::thread([&] {
    made.reset();
    EXPECT_GE(Scratch().bytes().capacity(), long_size);
  }).join();
}

/// Uses a buffer when the objects of its thread end.
struct Late {
  ~Late() {
    Scratch bytes;
    bytes.bytes().assign(long_size, std::byte{1});
    *size = bytes.view().size();
  }
  std::size_t* size = nullptr;
};

TEST(Scratch, works_while_a_thread_ends) {
  std::size_t size = 0;

  std::thread([&] {
    thread_local Late late;
    late.size = &size;
    // Made after `late`, the buffer that is kept ends before it.
    Scratch().bytes().resize(long_size);
  }).join();

  EXPECT_EQ(size, long_size);
}

}  // namespace
}  // namespace larder::detail
