// SPDX-License-Identifier: Apache-2.0
#include "cache/scratch_bytes.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace larder::detail {
namespace {

constexpr std::size_t long_size = 1U << 20U;

TEST(ScratchBytes, a_thread_keeps_the_last_buffer) {
  const std::byte* place = nullptr;
  {
    ScratchBytes first;
    first.bytes().resize(long_size);
    place = first.view().data();
  }

  ScratchBytes second;

  EXPECT_GE(second.bytes().capacity(), long_size);
  EXPECT_EQ(second.view().data(), place);
}

TEST(ScratchBytes, two_at_once_never_share_a_buffer) {
  ScratchBytes().bytes().resize(long_size);

  ScratchBytes outer;
  ScratchBytes inner;
  outer.bytes().assign(long_size, std::byte{1});
  inner.bytes().assign(long_size, std::byte{2});

  EXPECT_EQ(outer.view().front(), std::byte{1});
  EXPECT_EQ(inner.view().front(), std::byte{2});
  EXPECT_NE(outer.view().data(), inner.view().data());
}

TEST(ScratchBytes, moves_with_its_content_in_place) {
  ScratchBytes first;
  first.bytes().assign(long_size, std::byte{1});
  const BytesView seen = first.view();

  const ScratchBytes second = std::move(first);

  EXPECT_EQ(second.view().data(), seen.data());
  EXPECT_EQ(second.view().size(), long_size);
}

TEST(ScratchBytes, what_is_too_long_is_not_kept) {
  std::thread([] {
    {
      ScratchBytes first;
      first.bytes().resize(8 * long_size);
    }
    EXPECT_EQ(ScratchBytes().bytes().capacity(), 0U);
  }).join();
}

TEST(ScratchBytes, may_end_in_another_thread) {
  auto made = std::make_unique<ScratchBytes>();
  made->bytes().assign(long_size, std::byte{1});

  std::thread([&] {
    made.reset();
    EXPECT_GE(ScratchBytes().bytes().capacity(), long_size);
  }).join();
}

/// Uses a buffer when the objects of its thread end.
struct Late {
  ~Late() {
    ScratchBytes bytes;
    bytes.bytes().assign(long_size, std::byte{1});
    *size = bytes.view().size();
  }
  std::size_t* size = nullptr;
};

TEST(ScratchBytes, works_while_a_thread_ends) {
  std::size_t size = 0;

  std::thread([&] {
    thread_local Late late;
    late.size = &size;
    // Made after `late`, the buffer that is kept ends before it.
    ScratchBytes().bytes().resize(long_size);
  }).join();

  EXPECT_EQ(size, long_size);
}

}  // namespace
}  // namespace larder::detail
