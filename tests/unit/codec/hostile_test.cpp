// SPDX-License-Identifier: Apache-2.0

// Whatever the bytes are: a value or `corrupt`, never anything else. And if a value, then one that
// encodes to these very bytes, for every value has one encoding.

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "samples.h"
#include "support/expect_kind.h"
#include "support/hex.h"
#include "support/settings.h"

namespace larder {
namespace {

using test::expect_kind;
using test::from_hex;
using test::hex;

template <typename T>
void decode_hostile(BytesView bytes) {
  try {
    const T value = decode<T>(bytes);
    ASSERT_EQ(hex(encode(value)), hex(bytes));
  } catch (const Error& error) {
    ASSERT_EQ(error.kind(), ErrorKind::corrupt) << error.what();
  }
}

TEST(HostileBytes, every_truncation_of_every_sample_is_corrupt) {
  test::for_each_sample([]<typename T>(const T& value) {
    const Bytes bytes = encode(value);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      expect_kind(ErrorKind::corrupt,
                  [&] { static_cast<void>(decode<T>(BytesView(bytes).first(size))); });
    }
  });
}

TEST(HostileBytes, every_changed_byte_of_every_sample_is_corrupt_or_another_value) {
  test::for_each_sample([]<typename T>(const T& value) {
    Bytes bytes = encode(value);
    for (std::byte& changed : bytes) {
      const std::byte original = changed;
      for (unsigned to = 0; to < 256; ++to) {
        changed = static_cast<std::byte>(to);
        decode_hostile<T>(bytes);
      }
      changed = original;
    }
  });
}

TEST(HostileBytes, every_sample_read_as_every_other_type_is_corrupt_or_a_value) {
  test::for_each_sample([]<typename From>(const From& value) {
    const Bytes bytes = encode(value);
    test::for_each_sample([&bytes]<typename To>(const To&) { decode_hostile<To>(bytes); });
  });
}

TEST(HostileBytes, inserted_and_removed_bytes_are_noticed_or_harmless) {
  std::mt19937_64 random(test::seed());
  for (std::uint64_t round = 0; round < test::rounds(20, 500); ++round) {
    test::for_each_sample([&random]<typename T>(const T& value) {
      Bytes bytes = encode(value);
      for (int change = 0; change < 3; ++change) {
        const auto at = static_cast<std::ptrdiff_t>(random() % (bytes.size() + 1));
        if (random() % 2 == 0) {
          bytes.insert(bytes.begin() + at, static_cast<std::byte>(random() % 256));
        } else if (at < std::ssize(bytes)) {
          bytes.erase(bytes.begin() + at);
        }
      }
      decode_hostile<T>(bytes);
    });
  }
}

TEST(HostileBytes, known_killers_are_corrupt_for_every_type) {
  const std::vector<Bytes> killers = {
      Bytes(1'000'000, std::byte{0x91}),  // a million nested arrays
      Bytes(1'000'000, std::byte{0x81}),  // and maps
      from_hex("dd ff ff ff ff"),
      from_hex("df ff ff ff ff"),
      from_hex("db ff ff ff ff"),
      from_hex("c6 ff ff ff ff"),
      from_hex("c9 ff ff ff ff 03"),
      from_hex("c7 07 03 66 08 01 ff ff ff ff"),
      from_hex("c1"),
  };
  test::for_each_sample([&killers]<typename T>(const T&) {
    for (const Bytes& killer : killers) {
      expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decode<T>(killer)); });
    }
  });
}

struct Large {
  std::array<std::string, 1000> texts;
};

TEST(HostileBytes, a_count_does_not_make_room_for_what_may_not_come) {
  // A million elements of 32 kB each are promised and could be there, one byte each.
  Bytes bytes = from_hex("dd 00 0f 42 40");
  bytes.resize(bytes.size() + 1'000'000, std::byte{0xc1});
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(decode<std::vector<Large>>(bytes)); });
  EXPECT_LE(detail::first_reserve<Large>(1'000'000) * sizeof(Large), std::size_t{1} << 20);
  EXPECT_EQ(detail::first_reserve<std::string>(100), 100U);
}

}  // namespace
}  // namespace larder
