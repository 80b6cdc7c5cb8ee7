// SPDX-License-Identifier: Apache-2.0
#include "codec/frame.h"

#include <gtest/gtest.h>

#include <string>

#include "support/hex.h"

namespace larder {
namespace {

using test::from_hex;
using test::hex;

FrameHeader header() {
  return {.codec = FrameCodec::wire,
          .compressed = true,
          .in_file = false,
          .schema = 0x0123456789abcdef,
          .raw_bytes = 5};
}

Bytes sample(std::string_view payload = "hello") {
  return frame(header(), as_bytes(payload), as_bytes("key"));
}

std::optional<FrameFault> fault_of(BytesView record, std::string_view key = "key") {
  FrameFault fault = FrameFault::cut_off;
  if (open_frame(record, as_bytes(key), &fault)) return std::nullopt;
  return fault;
}

// On disk for ever; docs/format/frame.md explains the same bytes.
TEST(Frame, bytes_are_as_documented) {
  EXPECT_EQ(hex(sample()),
            "46 af b7 a7 dc 27 d3 57 01 01 01 00 ef cd ab 89 67 45 23 01 "
            "05 00 00 00 00 00 00 00 68 65 6c 6c 6f");
}

TEST(Frame, gives_back_what_was_sealed_without_a_copy) {
  const Bytes record = sample();
  const auto opened = open_frame(record, as_bytes("key"));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->header.codec, FrameCodec::wire);
  EXPECT_TRUE(opened->header.compressed);
  EXPECT_FALSE(opened->header.in_file);
  EXPECT_EQ(opened->header.schema, 0x0123456789abcdefU);
  EXPECT_EQ(opened->header.raw_bytes, 5U);
  EXPECT_EQ(as_text(opened->payload), "hello");
  EXPECT_EQ(opened->payload.data(), record.data() + frame_header_bytes);
}

TEST(Frame, payload_may_be_written_in_place) {
  Bytes record = begin_frame(100);
  EXPECT_EQ(record.size(), frame_header_bytes);
  append(record, as_bytes("hel"));
  append(record, as_bytes("lo"));
  seal_frame(record, header(), as_bytes("key"));
  EXPECT_EQ(hex(record), hex(sample()));
}

TEST(Frame, an_empty_payload_and_an_empty_key_are_fine) {
  const Bytes record = frame({}, {}, {});
  const auto opened = open_frame(record, {});
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->payload.empty());
  EXPECT_FALSE(open_frame(record, as_bytes("k")));
}

TEST(Frame, a_record_under_another_key_is_damaged) {
  EXPECT_EQ(fault_of(sample(), "key"), std::nullopt);
  EXPECT_EQ(fault_of(sample(), "kez"), FrameFault::damaged);
  EXPECT_EQ(fault_of(sample(), ""), FrameFault::damaged);
}

TEST(Frame, every_flipped_bit_is_noticed) {
  const Bytes record = sample(std::string(300, 'v'));
  for (std::size_t at = 0; at < record.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = record;
      damaged[at] ^= std::byte{1} << bit;
      EXPECT_EQ(fault_of(damaged), FrameFault::damaged) << at;
    }
  }
}

TEST(Frame, every_truncation_and_every_longer_record_is_noticed) {
  const Bytes record = sample();
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_EQ(fault_of(BytesView(record).first(size)),
              size < frame_header_bytes ? FrameFault::cut_off : FrameFault::damaged);
  }
  Bytes longer = record;
  longer.push_back(std::byte{0});
  EXPECT_EQ(fault_of(longer), FrameFault::damaged);
}

TEST(Frame, zeroed_pages_are_damaged) {
  for (const std::size_t size : {28UL, 64UL, 4096UL}) {
    EXPECT_EQ(fault_of(Bytes(size)), FrameFault::damaged);
    EXPECT_EQ(fault_of(Bytes(size), ""), FrameFault::damaged);
  }
}

TEST(Frame, a_payload_that_repeats_the_record_does_not_cancel_the_key_out) {
  const Bytes record = sample();
  const Bytes inner(record.begin() + 8, record.end());
  Bytes forged = record;
  for (std::size_t i = 0; i < 8; ++i) forged[i] = std::byte{0};
  FrameFault fault = FrameFault::cut_off;
  EXPECT_FALSE(open_frame(forged, inner, &fault));
  EXPECT_EQ(fault, FrameFault::damaged);
}

// A later version keeps the checksum where it is, so that "newer" and "damaged" can be told apart.
TEST(Frame, a_whole_record_of_a_later_version_is_unknown_not_damaged) {
  EXPECT_EQ(fault_of(from_hex("2b 5a 72 d9 45 ba b1 d7 02 01 00 00 00 00 00 00 00 00 00 00 "
                              "00 00 00 00 00 00 00 00")),
            FrameFault::unknown);
}

TEST(Frame, faults_have_names) {
  EXPECT_EQ(to_string(FrameFault::cut_off), "cut off");
  EXPECT_EQ(to_string(FrameFault::damaged), "damaged");
  EXPECT_EQ(to_string(FrameFault::unknown), "of an unknown version");
}

}  // namespace
}  // namespace larder
