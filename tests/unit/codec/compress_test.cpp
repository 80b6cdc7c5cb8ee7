// SPDX-License-Identifier: Apache-2.0
#include "codec/compress.h"

#include <gtest/gtest.h>

#include <string>

#include "support/expect_kind.h"

namespace larder {
namespace {

using test::expect_kind;

Bytes repetitive(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i % 7 + i / 1000);
  return bytes;
}

TEST(Compress, what_went_in_comes_out) {
  for (const std::size_t size : {0UL, 1UL, 100UL, 70'000UL, 5'000'000UL}) {
    const Bytes raw = repetitive(size);
    for (const int level : {-5, 1, 3, 19, 100}) {
      if (size > 100'000 && level > 3) continue;  // slow
      EXPECT_EQ(decompress(compress(raw, level), size), raw);
    }
  }
}

TEST(Compress, repetition_takes_little_room) {
  EXPECT_LT(compress(repetitive(70'000), 3).size(), 7'000U);
}

TEST(Decompress, another_size_is_corrupt) {
  const Bytes packed = compress(repetitive(1000), 3);
  for (const std::size_t size : {0UL, 1UL, 999UL, 1001UL, 1UL << 40, ~0UL, ~1UL}) {
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decompress(packed, size)); });
  }
}

TEST(Decompress, truncation_at_every_length_is_corrupt) {
  const Bytes packed = compress(repetitive(1000), 3);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    expect_kind(ErrorKind::corrupt,
                [&] { static_cast<void>(decompress(BytesView(packed).first(size), 1000)); });
  }
}

TEST(Decompress, damage_never_gives_another_size_or_another_failure) {
  const Bytes packed = compress(repetitive(300), 3);
  for (std::size_t at = 0; at < packed.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = packed;
      damaged[at] ^= std::byte{1} << bit;
      try {
        EXPECT_EQ(decompress(damaged, 300).size(), 300U);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::corrupt);
      }
    }
  }
}

TEST(Decompress, trailing_bytes_are_corrupt) {
  Bytes packed = compress(repetitive(1000), 3);
  packed.push_back(std::byte{0});
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decompress(packed, 1000)); });
  Bytes twice = compress(repetitive(1000), 3);
  append(twice, compress(repetitive(1000), 3));
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decompress(twice, 1000)); });
}

TEST(Decompress, a_bomb_is_made_no_larger_than_the_caller_knows) {
  // 1 GiB of zeros takes about 33 kB; the caller expects 1 KiB.
  const Bytes bomb = compress(Bytes(std::size_t{1} << 28), 1);
  ASSERT_LT(bomb.size(), 50'000U);
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decompress(bomb, 1024)); });
}

TEST(Decompress, a_size_that_the_input_cannot_justify_is_not_allocated) {
  // A frame whose header claims 2^31 bytes, and that ends there.
  Bytes lie = compress(Bytes(std::size_t{1} << 17), 1);
  ASSERT_EQ(lie[4], std::byte{0xa0});  // single segment, size in four bytes
  lie[5] = lie[6] = lie[7] = std::byte{0};
  lie[8] = std::byte{0x80};
  expect_kind(ErrorKind::corrupt,
              [&] { static_cast<void>(decompress(lie, std::size_t{1} << 31)); });
}

}  // namespace
}  // namespace larder
