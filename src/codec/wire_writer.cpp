// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/wire_writer.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "larder/codec/detail/byte_order.h"
#include "larder/core/error.h"

namespace larder {
namespace {

// The tag byte and the length or number behind it.
struct Head {
  std::array<std::byte, 9> bytes = {};
  std::size_t size = 0;
};

template <typename T>
Head head_of(std::uint8_t tag, T number) {
  Head head;
  head.bytes[0] = std::byte{tag};
  detail::store_big_endian(head.bytes.data() + 1, number);
  head.size = 1 + sizeof(T);
  return head;
}

Head single(std::uint8_t tag) {
  Head head;
  head.bytes[0] = std::byte{tag};
  head.size = 1;
  return head;
}

std::uint32_t checked_size(std::size_t size, const char* what) {
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorKind::invalid_argument, std::string("codec: ") + what +
                                                 " exceeds 2^32 - 1, the limit of MessagePack; "
                                                 "store it in parts");
  }
  return static_cast<std::uint32_t>(size);
}

// The head of a value with a length: `tag8` is 0 where MessagePack has no form with one byte.
Head head_with_size(std::uint32_t size, std::uint8_t tag8, std::uint8_t tag16, std::uint8_t tag32) {
  if (tag8 != 0 && size <= 0xff) return head_of(tag8, static_cast<std::uint8_t>(size));
  if (size <= 0xffff) return head_of(tag16, static_cast<std::uint16_t>(size));
  return head_of(tag32, size);
}

}  // namespace

// Grows by doubling, as push_back does; a plain reserve would make many small writes quadratic.
void WireWriter::reserve_more(std::size_t more) {
  const std::size_t need = out_->size() + more;
  if (need > out_->capacity()) out_->reserve(std::max(need, 2 * out_->capacity()));
}

void WireWriter::write_head(const std::byte* head, std::size_t size, std::size_t body_size) {
  reserve_more(size + body_size);
  out_->insert(out_->end(), head, head + size);
}

void WireWriter::write_raw(BytesView raw) {
  reserve_more(raw.size());
  out_->insert(out_->end(), raw.begin(), raw.end());
}

void WireWriter::write_long_uint(std::uint64_t value) {
  Head head;
  if (value <= 0xff) {
    head = head_of(0xcc, static_cast<std::uint8_t>(value));
  } else if (value <= 0xffff) {
    head = head_of(0xcd, static_cast<std::uint16_t>(value));
  } else if (value <= 0xffff'ffff) {
    head = head_of(0xce, static_cast<std::uint32_t>(value));
  } else {
    head = head_of(0xcf, value);
  }
  write_head(head.bytes.data(), head.size, 0);
}

void WireWriter::write_long_negative(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  Head head;
  if (value >= std::numeric_limits<std::int8_t>::min()) {
    head = head_of(0xd0, static_cast<std::uint8_t>(bits));
  } else if (value >= std::numeric_limits<std::int16_t>::min()) {
    head = head_of(0xd1, static_cast<std::uint16_t>(bits));
  } else if (value >= std::numeric_limits<std::int32_t>::min()) {
    head = head_of(0xd2, static_cast<std::uint32_t>(bits));
  } else {
    head = head_of(0xd3, bits);
  }
  write_head(head.bytes.data(), head.size, 0);
}

void WireWriter::write_float(float value) {
  const Head head = head_of(0xca, std::bit_cast<std::uint32_t>(value));
  write_head(head.bytes.data(), head.size, 0);
}

void WireWriter::write_double(double value) {
  const Head head = head_of(0xcb, std::bit_cast<std::uint64_t>(value));
  write_head(head.bytes.data(), head.size, 0);
}

void WireWriter::write_str(std::string_view text) {
  const std::uint32_t size = checked_size(text.size(), "the length of a text");
  const Head head = size < 32 ? single(static_cast<std::uint8_t>(0xa0 | size))
                              : head_with_size(size, 0xd9, 0xda, 0xdb);
  write_head(head.bytes.data(), head.size, size);
  append(*out_, as_bytes(text));
}

void WireWriter::write_bin(BytesView data) {
  const std::uint32_t size = checked_size(data.size(), "the length of binary data");
  const Head head = head_with_size(size, 0xc4, 0xc5, 0xc6);
  write_head(head.bytes.data(), head.size, size);
  append(*out_, data);
}

void WireWriter::write_array(std::size_t count) {
  const std::uint32_t size = checked_size(count, "the length of an array");
  const Head head = size < 16 ? single(static_cast<std::uint8_t>(0x90 | size))
                              : head_with_size(size, 0, 0xdc, 0xdd);
  write_head(head.bytes.data(), head.size, 0);
}

void WireWriter::write_map(std::size_t count) {
  const std::uint32_t size = checked_size(count, "the length of a map");
  const Head head = size < 16 ? single(static_cast<std::uint8_t>(0x80 | size))
                              : head_with_size(size, 0, 0xde, 0xdf);
  write_head(head.bytes.data(), head.size, 0);
}

void WireWriter::write_ext_header(std::int8_t type, std::size_t size) {
  const std::uint32_t checked = checked_size(size, "the length of an extension value");
  Head head;
  switch (checked) {
    case 1:
    case 2:
    case 4:
    case 8:
    case 16:  // 0xd4 .. 0xd8
      head = single(static_cast<std::uint8_t>(0xd4 + std::countr_zero(checked)));
      break;
    default:
      head = head_with_size(checked, 0xc7, 0xc8, 0xc9);
  }
  head.bytes[head.size++] = static_cast<std::byte>(type);
  write_head(head.bytes.data(), head.size, size);
}

void WireWriter::write_ext(std::int8_t type, BytesView data) {
  write_ext_header(type, data.size());
  append(*out_, data);
}

void WireWriter::enter() {
  if (depth_ == max_wire_depth) {
    throw Error(ErrorKind::invalid_argument,
                "codec: the value is nested deeper than 64 levels; flatten it");
  }
  ++depth_;
}

}  // namespace larder
