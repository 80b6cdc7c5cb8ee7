// SPDX-License-Identifier: Apache-2.0

// The record of settings and counters as earlier releases wrote it: docs/format/cache.md.

#include "cache/meta.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include "cache/wire_number.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

using detail::append_number;
using detail::Meta;

const BytesView at = as_bytes("cache\x04");

/// What release `version` wrote, with different numbers everywhere.
Bytes written_by(std::uint32_t version) {
  Bytes bytes;
  append_number(bytes, version);
  for (const std::uint64_t number : {3U, 500U, 7U, 900U, 10U, 1000U}) append_number(bytes, number);
  append_number(bytes, std::uint8_t{2});
  for (const std::uint64_t number : {60U, 70U}) append_number(bytes, number);
  if (version >= 2) append_number(bytes, std::uint64_t{80});
  if (version >= 3) append_number(bytes, std::uint64_t{90});
  if (version >= 4) {
    append_number(bytes, std::uint64_t{5});
    append_number(bytes, std::uint64_t{4});
  }
  append_number(
      bytes, XXH3_64bits_withSeed(bytes.data(), bytes.size(), XXH3_64bits(at.data(), at.size())));
  return bytes;
}

Meta expected_from(std::uint32_t version) {
  Meta meta{.entries = 3,
            .bytes = 500,
            .next_sequence = 7,
            .next_expiry = WallTime{Duration{900}},
            .settings = {.max_entries = 10,
                         .max_bytes = 1000,
                         .eviction = Eviction::lru,
                         .expire_after_write = Duration{60},
                         .compress_above_bytes = 70}};
  if (version >= 2) meta.settings.file_above_bytes = 80;
  if (version >= 3) meta.settings.max_age = Duration{90};
  if (version >= 4) {
    meta.cleared_below = 5;
    meta.swept_below = 4;
  }
  return meta;
}

TEST(Meta, every_version_so_far_is_read) {
  for (const std::uint32_t version : {1U, 2U, 3U, 4U}) {
    EXPECT_TRUE(detail::decode_meta(written_by(version), at) == expected_from(version)) << version;
  }
}

TEST(Meta, written_form_is_the_documented_one) {
  Bytes written;
  detail::encode_meta(expected_from(4), at, written);
  EXPECT_EQ(written, written_by(4));
  EXPECT_EQ(written.size(), 109U);
}

TEST(Meta, later_versions_are_refused) {
  expect_kind(ErrorKind::not_supported, [] { (void)detail::decode_meta(written_by(5), at); });
  expect_kind(ErrorKind::not_supported, [] { (void)detail::decode_meta(written_by(0), at); });
}

TEST(Meta, every_policy_comes_back) {
  for (int number = 0; number < 256; ++number) {
    Bytes bytes = written_by(4);
    bytes.at(52) = static_cast<std::byte>(number);
    bytes.resize(bytes.size() - 8);
    append_number(
        bytes, XXH3_64bits_withSeed(bytes.data(), bytes.size(), XXH3_64bits(at.data(), at.size())));
    if (number > 8 && number < 255) {
      expect_kind(ErrorKind::not_supported, [&] { (void)detail::decode_meta(bytes, at); });
      continue;
    }
    Bytes again;
    detail::encode_meta(detail::decode_meta(bytes, at), at, again);
    EXPECT_EQ(again, bytes);
  }
}

}  // namespace
}  // namespace larder::test
