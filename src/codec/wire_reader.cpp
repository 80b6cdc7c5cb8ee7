// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/wire_reader.h"

#include <array>
#include <bit>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "larder/codec/detail/byte_order.h"
#include "larder/core/error.h"

namespace larder {
namespace {

enum class Tag : std::uint8_t {
  nil = 0xc0,
  never_used = 0xc1,
  no = 0xc2,
  yes = 0xc3,
  bin8 = 0xc4,
  bin16 = 0xc5,
  bin32 = 0xc6,
  ext8 = 0xc7,
  ext16 = 0xc8,
  ext32 = 0xc9,
  float32 = 0xca,
  float64 = 0xcb,
  uint8 = 0xcc,
  uint16 = 0xcd,
  uint32 = 0xce,
  uint64 = 0xcf,
  int8 = 0xd0,
  int16 = 0xd1,
  int32 = 0xd2,
  int64 = 0xd3,
  fixext1 = 0xd4,
  fixext16 = 0xd8,
  str8 = 0xd9,
  str16 = 0xda,
  str32 = 0xdb,
  array16 = 0xdc,
  array32 = 0xdd,
  map16 = 0xde,
  map32 = 0xdf,
};

// The type of the tags 0xc0 to 0xdf.
constexpr std::array<WireType, 32> long_types = {
    WireType::nil,     WireType::nil,     WireType::boolean, WireType::boolean, WireType::bin,
    WireType::bin,     WireType::bin,     WireType::ext,     WireType::ext,     WireType::ext,
    WireType::float32, WireType::float64, WireType::integer, WireType::integer, WireType::integer,
    WireType::integer, WireType::integer, WireType::integer, WireType::integer, WireType::integer,
    WireType::ext,     WireType::ext,     WireType::ext,     WireType::ext,     WireType::ext,
    WireType::str,     WireType::str,     WireType::str,     WireType::array,   WireType::array,
    WireType::map,     WireType::map};

WireType type_of(std::uint8_t tag) {
  if (tag < 0x80 || tag >= 0xe0) return WireType::integer;
  if (tag < 0x90) return WireType::map;
  if (tag < 0xa0) return WireType::array;
  if (tag < 0xc0) return WireType::str;
  return long_types[tag - 0xc0U];
}

std::string_view name_of(std::uint8_t tag) {
  static constexpr std::array<std::string_view, 10> names = {
      "nil",  "a bool",      "an integer", "a float32", "a float64",
      "text", "binary data", "an array",   "a map",     "an extension"};
  if (tag == static_cast<std::uint8_t>(Tag::never_used)) return "an invalid byte";
  return names[static_cast<std::size_t>(type_of(tag))];
}

}  // namespace

void WireReader::fail(std::string_view problem) const {
  throw Error(ErrorKind::corrupt,
              "codec: " + std::string(problem) + " at byte " + std::to_string(position()));
}

// The tag has been taken already, so it is one byte back.
void WireReader::fail_type(std::string_view wanted, std::uint8_t found) const {
  throw Error(ErrorKind::corrupt, "codec: expected " + std::string(wanted) + " at byte " +
                                      std::to_string(position() - 1) + ", found " +
                                      std::string(name_of(found)));
}

std::uint8_t WireReader::take_tag() {
  if (at_ == end_) fail("cut off");
  return std::to_integer<std::uint8_t>(*at_++);
}

template <typename T>
T WireReader::take_number() {
  return detail::load_big_endian<T>(take(sizeof(T)).data());
}

template <typename T>
std::uint64_t WireReader::take_at_least(std::uint64_t smallest) {
  const std::uint64_t value = take_number<T>();
  if (value < smallest) fail("not the shortest form");
  return value;
}

template <typename T>
std::int64_t WireReader::take_below(std::int64_t bound) {
  const std::int64_t value = static_cast<T>(take_number<std::make_unsigned_t<T>>());
  if (value >= bound) fail("not the shortest form");
  return value;
}

WireType WireReader::peek() const {
  if (at_ == end_) fail("cut off");
  if (*at_ == std::byte{0xc1}) fail("an invalid byte");
  return type_of(std::to_integer<std::uint8_t>(*at_));
}

void WireReader::read_nil() {
  const std::uint8_t tag = take_tag();
  if (static_cast<Tag>(tag) != Tag::nil) fail_type("nil", tag);
}

bool WireReader::read_bool() {
  const std::uint8_t tag = take_tag();
  if (static_cast<Tag>(tag) == Tag::yes) return true;
  if (static_cast<Tag>(tag) != Tag::no) fail_type("a bool", tag);
  return false;
}

std::uint64_t WireReader::read_long_uint() {
  const std::uint8_t tag = take_tag();
  switch (static_cast<Tag>(tag)) {
    case Tag::uint8:
      return take_at_least<std::uint8_t>(0x80);
    case Tag::uint16:
      return take_at_least<std::uint16_t>(0x100);
    case Tag::uint32:
      return take_at_least<std::uint32_t>(0x1'0000);
    case Tag::uint64:
      return take_at_least<std::uint64_t>(0x1'0000'0000);
    default:
      fail_type("an integer that is not negative", tag);
  }
}

std::int64_t WireReader::read_long_int() {
  const std::uint8_t tag = take_tag();
  switch (static_cast<Tag>(tag)) {
    case Tag::int8:
      return take_below<std::int8_t>(-32);
    case Tag::int16:
      return take_below<std::int16_t>(std::numeric_limits<std::int8_t>::min());
    case Tag::int32:
      return take_below<std::int32_t>(std::numeric_limits<std::int16_t>::min());
    case Tag::int64:
      return take_below<std::int64_t>(std::numeric_limits<std::int32_t>::min());
    case Tag::uint8:
    case Tag::uint16:
    case Tag::uint32:
    case Tag::uint64:
      break;
    default:
      fail_type("an integer", tag);
  }
  --at_;
  const std::uint64_t value = read_long_uint();
  if (!std::in_range<std::int64_t>(value)) fail("an integer beyond the range of its type");
  return static_cast<std::int64_t>(value);
}

float WireReader::read_float() {
  const std::uint8_t tag = take_tag();
  if (static_cast<Tag>(tag) != Tag::float32) fail_type("a float32", tag);
  return std::bit_cast<float>(take_number<std::uint32_t>());
}

double WireReader::read_double() {
  const std::uint8_t tag = take_tag();
  if (static_cast<Tag>(tag) != Tag::float64) fail_type("a float64", tag);
  return std::bit_cast<double>(take_number<std::uint64_t>());
}

std::size_t WireReader::read_str_size() {
  const std::uint8_t tag = take_tag();
  if ((tag & 0xe0U) == 0xa0U) return tag & 0x1fU;
  switch (static_cast<Tag>(tag)) {
    case Tag::str8:
      return take_at_least<std::uint8_t>(32);
    case Tag::str16:
      return take_at_least<std::uint16_t>(0x100);
    case Tag::str32:
      return take_at_least<std::uint32_t>(0x1'0000);
    default:
      fail_type("text", tag);
  }
}

std::size_t WireReader::read_bin_size() {
  const std::uint8_t tag = take_tag();
  switch (static_cast<Tag>(tag)) {
    case Tag::bin8:
      return take_number<std::uint8_t>();
    case Tag::bin16:
      return take_at_least<std::uint16_t>(0x100);
    case Tag::bin32:
      return take_at_least<std::uint32_t>(0x1'0000);
    default:
      fail_type("binary data", tag);
  }
}

std::size_t WireReader::read_array() {
  const std::uint8_t tag = take_tag();
  std::uint64_t count = 0;
  if ((tag & 0xf0U) == 0x90U) {
    count = tag & 0x0fU;
  } else if (static_cast<Tag>(tag) == Tag::array16) {
    count = take_at_least<std::uint16_t>(16);
  } else if (static_cast<Tag>(tag) == Tag::array32) {
    count = take_at_least<std::uint32_t>(0x1'0000);
  } else {
    fail_type("an array", tag);
  }
  if (count > remaining()) fail("more elements than bytes");
  return count;
}

std::size_t WireReader::read_map() {
  const std::uint8_t tag = take_tag();
  std::uint64_t count = 0;
  if ((tag & 0xf0U) == 0x80U) {
    count = tag & 0x0fU;
  } else if (static_cast<Tag>(tag) == Tag::map16) {
    count = take_at_least<std::uint16_t>(16);
  } else if (static_cast<Tag>(tag) == Tag::map32) {
    count = take_at_least<std::uint32_t>(0x1'0000);
  } else {
    fail_type("a map", tag);
  }
  if (count > remaining() / 2) fail("more elements than bytes");
  return count;
}

std::size_t WireReader::read_ext_size(std::uint8_t tag) {
  switch (static_cast<Tag>(tag)) {
    case Tag::ext8: {
      const std::size_t size = take_number<std::uint8_t>();
      if (std::has_single_bit(size) && size <= 16) fail("not the shortest form");
      return size;
    }
    case Tag::ext16:
      return take_at_least<std::uint16_t>(0x100);
    case Tag::ext32:
      return take_at_least<std::uint32_t>(0x1'0000);
    default:
      fail_type("an extension", tag);
  }
}

WireExt WireReader::read_ext() {
  const std::uint8_t tag = take_tag();
  const bool fixed = tag >= static_cast<std::uint8_t>(Tag::fixext1) &&
                     tag <= static_cast<std::uint8_t>(Tag::fixext16);
  const std::size_t size = fixed ? std::size_t{1} << (tag - static_cast<std::uint8_t>(Tag::fixext1))
                                 : read_ext_size(tag);
  const auto type = static_cast<std::int8_t>(take_tag());
  return {type, take(size)};
}

// Consumes a scalar whole, of an array or a map only the head; returns how many values that one
// announces.
std::size_t WireReader::skip_head() {
  switch (peek()) {
    case WireType::nil:
    case WireType::boolean:
      ++at_;
      return 0;
    case WireType::integer:
      if (next_is_negative()) {
        static_cast<void>(read_int());
      } else {
        static_cast<void>(read_uint());
      }
      return 0;
    case WireType::float32:
      static_cast<void>(read_float());
      return 0;
    case WireType::float64:
      static_cast<void>(read_double());
      return 0;
    case WireType::str:
      static_cast<void>(read_str());
      return 0;
    case WireType::bin:
      static_cast<void>(read_bin());
      return 0;
    case WireType::ext:
      static_cast<void>(read_ext());
      return 0;
    case WireType::array:
      return read_array();
    case WireType::map:
      return 2 * read_map();
  }
  fail("an invalid byte");
}

// A loop with its own small stack: hostile nesting costs no call frames.
BytesView WireReader::skip() {
  const std::size_t from = position();
  std::array<std::size_t, max_wire_depth> pending = {};
  std::size_t level = 0;
  do {
    const WireType type = peek();
    const bool nests = type == WireType::array || type == WireType::map;
    if (nests && depth_ + level == max_wire_depth) fail("nested too deep");
    const std::size_t inside = skip_head();
    if (inside > 0) {
      pending[level++] = inside;
      continue;
    }
    while (level > 0 && --pending[level - 1] == 0) --level;
  } while (level > 0);
  return read_since(from);
}

}  // namespace larder
