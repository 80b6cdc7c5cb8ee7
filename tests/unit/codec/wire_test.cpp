// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/wire.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "support/expect_kind.h"
#include "support/hex.h"

namespace larder {
namespace {

using test::expect_kind;
using test::from_hex;
using test::hex;

std::string written(const std::function<void(WireWriter&)>& write) {
  Bytes out;
  WireWriter writer(out);
  write(writer);
  return hex(out);
}

TEST(WireWriter, integers_take_their_shortest_form) {
  const std::vector<std::pair<std::int64_t, std::string>> table = {
      {0, "00"},
      {127, "7f"},
      {128, "cc 80"},
      {255, "cc ff"},
      {256, "cd 01 00"},
      {65535, "cd ff ff"},
      {65536, "ce 00 01 00 00"},
      {4294967295, "ce ff ff ff ff"},
      {4294967296, "cf 00 00 00 01 00 00 00 00"},
      {std::numeric_limits<std::int64_t>::max(), "cf 7f ff ff ff ff ff ff ff"},
      {-1, "ff"},
      {-32, "e0"},
      {-33, "d0 df"},
      {-128, "d0 80"},
      {-129, "d1 ff 7f"},
      {-32768, "d1 80 00"},
      {-32769, "d2 ff ff 7f ff"},
      {-2147483648, "d2 80 00 00 00"},
      {-2147483649, "d3 ff ff ff ff 7f ff ff ff"},
      {std::numeric_limits<std::int64_t>::min(), "d3 80 00 00 00 00 00 00 00"}};
  for (const auto& [value, bytes] : table) {
    EXPECT_EQ(written([v = value](WireWriter& out) { out.write_int(v); }), bytes);
    const Bytes input = from_hex(bytes);
    WireReader in(input);
    EXPECT_EQ(in.read_int(), value) << bytes;
    in.expect_end();
    WireReader skipper(input);
    EXPECT_EQ(hex(skipper.skip()), bytes);
    skipper.expect_end();
    WireReader natural(input);
    if (value >= 0) {
      EXPECT_EQ(natural.read_uint(), static_cast<std::uint64_t>(value));
    } else {
      expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(natural.read_uint()); });
    }
  }
}

TEST(WireWriter, other_scalars_match_the_specification) {
  EXPECT_EQ(written([](WireWriter& out) { out.write_nil(); }), "c0");
  EXPECT_EQ(written([](WireWriter& out) { out.write_bool(false); }), "c2");
  EXPECT_EQ(written([](WireWriter& out) { out.write_bool(true); }), "c3");
  EXPECT_EQ(written([](WireWriter& out) { out.write_float(1.5F); }), "ca 3f c0 00 00");
  EXPECT_EQ(written([](WireWriter& out) { out.write_double(-2.0); }), "cb c0 00 00 00 00 00 00 00");
  EXPECT_EQ(
      written([](WireWriter& out) { out.write_uint(std::numeric_limits<std::uint64_t>::max()); }),
      "cf ff ff ff ff ff ff ff ff");
}

TEST(WireWriter, lengths_take_their_shortest_form) {
  const auto head = [](const std::function<void(WireWriter&)>& write, std::size_t bytes) {
    return written(write).substr(0, 3 * bytes - 1);
  };
  const auto str = [&](std::size_t size, std::size_t bytes) {
    return head([&](WireWriter& out) { out.write_str(std::string(size, 'x')); }, bytes);
  };
  EXPECT_EQ(str(0, 1), "a0");
  EXPECT_EQ(str(31, 1), "bf");
  EXPECT_EQ(str(32, 2), "d9 20");
  EXPECT_EQ(str(255, 2), "d9 ff");
  EXPECT_EQ(str(256, 3), "da 01 00");
  EXPECT_EQ(str(65535, 3), "da ff ff");
  EXPECT_EQ(str(65536, 5), "db 00 01 00 00");
  const auto bin = [&](std::size_t size, std::size_t bytes) {
    return head([&](WireWriter& out) { out.write_bin(Bytes(size)); }, bytes);
  };
  EXPECT_EQ(bin(0, 2), "c4 00");
  EXPECT_EQ(bin(255, 2), "c4 ff");
  EXPECT_EQ(bin(256, 3), "c5 01 00");
  EXPECT_EQ(bin(65536, 5), "c6 00 01 00 00");
  const auto ext = [&](std::size_t size, std::size_t bytes) {
    return head([&](WireWriter& out) { out.write_ext(5, Bytes(size)); }, bytes);
  };
  EXPECT_EQ(ext(0, 3), "c7 00 05");
  EXPECT_EQ(ext(1, 2), "d4 05");
  EXPECT_EQ(ext(2, 2), "d5 05");
  EXPECT_EQ(ext(3, 3), "c7 03 05");
  EXPECT_EQ(ext(4, 2), "d6 05");
  EXPECT_EQ(ext(8, 2), "d7 05");
  EXPECT_EQ(ext(16, 2), "d8 05");
  EXPECT_EQ(ext(17, 3), "c7 11 05");
  EXPECT_EQ(ext(256, 4), "c8 01 00 05");
  EXPECT_EQ(ext(65536, 6), "c9 00 01 00 00 05");
  EXPECT_EQ(written([](WireWriter& out) { out.write_array(15); }), "9f");
  EXPECT_EQ(written([](WireWriter& out) { out.write_array(16); }), "dc 00 10");
  EXPECT_EQ(written([](WireWriter& out) { out.write_array(65536); }), "dd 00 01 00 00");
  EXPECT_EQ(written([](WireWriter& out) { out.write_map(15); }), "8f");
  EXPECT_EQ(written([](WireWriter& out) { out.write_map(16); }), "de 00 10");
  EXPECT_EQ(written([](WireWriter& out) { out.write_map(65536); }), "df 00 01 00 00");
}

TEST(WireWriter, lengths_of_4_gib_are_refused) {
  const std::size_t huge = std::size_t{1} << 32;
  Bytes out;
  WireWriter writer(out);
  expect_kind(ErrorKind::invalid_argument, [&] { writer.write_array(huge); });
  expect_kind(ErrorKind::invalid_argument, [&] { writer.write_map(huge); });
  expect_kind(ErrorKind::invalid_argument, [&] { writer.write_ext_header(1, huge); });
  EXPECT_TRUE(out.empty());
}

TEST(WireReader, longer_forms_than_needed_are_refused) {
  // Each is valid MessagePack, but not what any shortest-form writer makes.
  for (const char* text : {"cc 7f",
                           "cd 00 ff",
                           "ce 00 00 ff ff",
                           "cf 00 00 00 00 ff ff ff ff",
                           "d0 00",
                           "d0 e0",
                           "d1 ff 80",
                           "d2 ff ff 80 00",
                           "d3 ff ff ff ff 80 00 00 00",
                           "d0 7f",
                           "d9 01 61",
                           "da 00 01 61",
                           "db 00 00 00 01 61",
                           "c5 00 01 00",
                           "c6 00 00 00 01 00",
                           "dc 00 01 00",
                           "dd 00 00 00 01 00",
                           "de 00 01 00 00",
                           "df 00 00 00 01 00 00",
                           "c7 01 05 00",
                           "c7 10 05 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
                           "c8 00 01 05 00",
                           "c9 00 00 00 01 05 00"}) {
    const Bytes input = from_hex(text);
    WireReader in(input);
    expect_kind(ErrorKind::corrupt, [&] { in.skip(); });
  }
}

TEST(WireReader, every_reader_refuses_every_other_type) {
  const std::vector<std::pair<WireType, std::string>> values = {
      {WireType::nil, "c0"},       {WireType::boolean, "c3"},
      {WireType::integer, "01"},   {WireType::float32, "ca 00 00 00 00"},
      {WireType::str, "a1 61"},    {WireType::float64, "cb 00 00 00 00 00 00 00 00"},
      {WireType::bin, "c4 01 00"}, {WireType::array, "91 c0"},
      {WireType::map, "81 c0 c0"}, {WireType::ext, "d4 03 00"}};
  const std::vector<std::pair<WireType, std::function<void(WireReader&)>>> readers = {
      {WireType::nil, [](WireReader& in) { in.read_nil(); }},
      {WireType::boolean, [](WireReader& in) { static_cast<void>(in.read_bool()); }},
      {WireType::integer, [](WireReader& in) { static_cast<void>(in.read_int()); }},
      {WireType::integer, [](WireReader& in) { static_cast<void>(in.read_uint()); }},
      {WireType::float32, [](WireReader& in) { static_cast<void>(in.read_float()); }},
      {WireType::float64, [](WireReader& in) { static_cast<void>(in.read_double()); }},
      {WireType::str, [](WireReader& in) { static_cast<void>(in.read_str()); }},
      {WireType::bin, [](WireReader& in) { static_cast<void>(in.read_bin()); }},
      {WireType::array, [](WireReader& in) { static_cast<void>(in.read_array()); }},
      {WireType::map, [](WireReader& in) { static_cast<void>(in.read_map()); }},
      {WireType::ext, [](WireReader& in) { static_cast<void>(in.read_ext()); }}};
  for (const auto& [type, text] : values) {
    const Bytes input = from_hex(text);
    EXPECT_EQ(WireReader(input).peek(), type);
    for (const auto& [wanted, read] : readers) {
      WireReader in(input);
      if (type == wanted) {
        EXPECT_NO_THROW(read(in)) << text;
      } else {
        expect_kind(ErrorKind::corrupt, [&] { read(in); });
      }
    }
  }
}

TEST(WireReader, the_byte_that_is_never_used_is_refused) {
  const Bytes input = from_hex("c1");
  WireReader in(input);
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(in.peek()); });
  expect_kind(ErrorKind::corrupt, [&] { in.skip(); });
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(in.read_int()); });
}

TEST(WireReader, counts_beyond_the_input_are_refused_before_anything_is_made) {
  for (const char* text : {"dd ff ff ff ff", "dc ff ff 00", "92 00", "dd 00 01 00 00 00"}) {
    const Bytes input = from_hex(text);
    WireReader in(input);
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(in.read_array()); });
  }
  for (const char* text : {"df ff ff ff ff 00 00", "81 00", "82 00 00 00"}) {
    const Bytes input = from_hex(text);
    WireReader in(input);
    expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(in.read_map()); });
  }
  for (const char* text : {"db ff ff ff ff 61", "c6 ff ff ff ff 00", "c9 ff ff ff ff 03 00"}) {
    const Bytes input = from_hex(text);
    WireReader in(input);
    expect_kind(ErrorKind::corrupt, [&] { in.skip(); });
  }
}

TEST(WireReader, an_integer_beyond_int64_is_refused_as_one_and_read_as_the_other) {
  const Bytes input = from_hex("cf 80 00 00 00 00 00 00 00");
  WireReader in(input);
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(in.read_int()); });
  EXPECT_EQ(WireReader(input).read_uint(), std::uint64_t{1} << 63);
  EXPECT_EQ(hex(WireReader(input).skip()), hex(input));
}

TEST(WireReader, floats_keep_every_bit) {
  for (const std::uint64_t bits :
       {0x7ff8000000000000ULL, 0xfff0000000000001ULL, 0x8000000000000000ULL, 1ULL}) {
    Bytes out;
    WireWriter(out).write_double(std::bit_cast<double>(bits));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(WireReader(out).read_double()), bits);
  }
}

TEST(WireReader, skip_passes_over_exactly_one_value) {
  for (const char* text :
       {"00", "90", "80", "92 01 02", "82 01 90 02 91 c0", "93 91 91 90 a1 61 80"}) {
    Bytes input = from_hex(text);
    const std::size_t size = input.size();
    input.push_back(std::byte{0x2a});
    WireReader in(input);
    EXPECT_EQ(in.skip().size(), size) << text;
    EXPECT_EQ(in.read_int(), 42) << text;
  }
}

TEST(WireReader, skip_follows_64_levels_and_no_more) {
  Bytes deep(64, std::byte{0x91});
  deep.back() = std::byte{0x90};
  EXPECT_EQ(WireReader(deep).skip().size(), 64U);
  deep.insert(deep.begin(), std::byte{0x91});
  WireReader in(deep);
  expect_kind(ErrorKind::corrupt, [&] { in.skip(); });
  Bytes maps;
  for (int i = 0; i < 64; ++i) append(maps, from_hex("81 00"));
  maps.push_back(std::byte{0x80});
  WireReader in_maps(maps);
  expect_kind(ErrorKind::corrupt, [&] { in_maps.skip(); });
}

TEST(WireReader, skip_counts_the_levels_it_is_already_in) {
  Bytes deep(64, std::byte{0x91});
  deep.back() = std::byte{0x90};
  WireReader in(deep);
  const WireNesting nesting(in);
  expect_kind(ErrorKind::corrupt, [&] { in.skip(); });
}

TEST(WireReader, a_million_nested_arrays_do_not_exhaust_the_stack) {
  const Bytes deep(1'000'000, std::byte{0x91});
  WireReader in(deep);
  expect_kind(ErrorKind::corrupt, [&] { in.skip(); });
}

TEST(WireReader, empty_input_is_cut_off) {
  WireReader in{BytesView()};
  in.expect_end();
  EXPECT_EQ(in.remaining(), 0U);
  EXPECT_FALSE(in.next_is_nil());
  EXPECT_FALSE(in.next_is_negative());
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(in.peek()); });
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(in.read_int()); });
  expect_kind(ErrorKind::corrupt, [&] { static_cast<void>(in.read_str()); });
  expect_kind(ErrorKind::corrupt, [&] { in.skip(); });
}

TEST(WireReader, errors_say_what_and_where) {
  const Bytes input = from_hex("01 a1 61");
  WireReader in(input);
  static_cast<void>(in.read_int());
  try {
    static_cast<void>(in.read_int());
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "codec: expected an integer at byte 1, found text");
  }
}

}  // namespace
}  // namespace larder
