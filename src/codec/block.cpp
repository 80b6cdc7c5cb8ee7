// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/detail/block.h"

#include <algorithm>
#include <limits>

#include "larder/codec/detail/byte_order.h"
#include "larder/codec/sequence.h"
#include "larder/core/error.h"

namespace larder {
namespace detail {
namespace {

// Kind, item size and rank, one byte each, before the dimensions, four bytes each.
constexpr std::size_t fixed_bytes = 3;
constexpr std::size_t extent_bytes = 4;

// The bytes of data, or a number no block can have if they do not fit into 64 bits.
std::uint64_t data_bytes(std::uint64_t item, std::span<const std::size_t> shape) {
  std::uint64_t total = item;
  for (const std::size_t extent : shape) {
    if (__builtin_mul_overflow(total, extent, &total)) {
      return std::numeric_limits<std::uint64_t>::max();
    }
  }
  return total;
}

}  // namespace

void write_block_head(WireWriter& out, BlockElement element, std::span<const std::size_t> shape) {
  const std::size_t head = fixed_bytes + extent_bytes * shape.size();
  const std::uint64_t data = data_bytes(element.size, shape);
  if (data > std::numeric_limits<std::uint32_t>::max() - head) {
    throw Error(ErrorKind::invalid_argument,
                "codec: an array of numbers has 4 GiB or more; store it in parts");
  }
  out.write_ext_header(wire_ext::block, head + data);
  std::array<std::byte, fixed_bytes> first = {static_cast<std::byte>(element.kind),
                                              std::byte{element.size},
                                              static_cast<std::byte>(shape.size())};
  out.write_raw(first);
  for (const std::size_t extent : shape) {
    std::array<std::byte, extent_bytes> bytes = {};
    store_little_endian(bytes.data(), static_cast<std::uint32_t>(extent));
    out.write_raw(bytes);
  }
}

BytesView read_block(WireReader& in, BlockElement element, std::span<std::size_t> shape,
                     bool first_is_open) {
  const WireExt ext = in.read_ext();
  const std::size_t head = fixed_bytes + extent_bytes * shape.size();
  if (ext.type != wire_ext::block || ext.data.size() < head) in.fail("not a block of numbers");
  const BlockElement found = {static_cast<char>(ext.data[0]),
                              std::to_integer<std::uint8_t>(ext.data[1])};
  if (found != element || std::to_integer<std::size_t>(ext.data[2]) != shape.size()) {
    in.fail("a block of other numbers");
  }
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t extent =
        load_little_endian<std::uint32_t>(ext.data.data() + fixed_bytes + extent_bytes * i);
    if (i == 0 && first_is_open) {
      shape[i] = extent;
    } else if (extent != shape[i]) {
      in.fail("a block of another shape");
    }
  }
  const BytesView data = ext.data.subspan(head);
  if (data.size() != data_bytes(element.size, shape)) in.fail("a block of the wrong size");
  return data;
}

void check_bools(WireReader& in, BytesView data) {
  if (std::any_of(data.begin(), data.end(), [](std::byte b) { return b > std::byte{1}; })) {
    in.fail("a bool that is neither 0 nor 1");
  }
}

}  // namespace detail

void Codec<std::vector<bool>>::encode(const std::vector<bool>& value, WireWriter& out) {
  const std::array<std::size_t, 1> shape = {value.size()};
  detail::write_block_head(out, detail::BlockTraits<bool>::element, shape);
  Bytes& bytes = out.bytes();
  bytes.reserve(bytes.size() + value.size());
  for (const bool item : value) bytes.push_back(std::byte{item});
}

std::vector<bool> Codec<std::vector<bool>>::decode(WireReader& in) {
  const BytesView data = detail::read_block_data<bool>(in, true);
  std::vector<bool> value(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) value[i] = data[i] == std::byte{1};
  return value;
}

}  // namespace larder
