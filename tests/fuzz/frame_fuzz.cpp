// SPDX-License-Identifier: Apache-2.0

// The first byte is the length of a key, then come the key and a record. Opening it reads nothing
// outside of it; what was sealed opens, and any changed byte is noticed. The rest of the record
// also goes to the decompressor, with a size taken from it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "codec/compress.h"
#include "codec/frame.h"
#include "larder/codec/detail/byte_order.h"
#include "larder/core/error.h"

namespace larder {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void open_anything(BytesView record, BytesView key) {
  const auto opened = open_frame(record, key);
  if (!opened) return;
  // It has the right checksum, so sealing it again must change nothing.
  require(equal(frame(opened->header, opened->payload, key), record));
}

void seal_and_damage(BytesView payload, BytesView key) {
  Bytes record = frame({.raw_bytes = payload.size()}, payload, key);
  const auto opened = open_frame(record, key);
  require(opened && equal(opened->payload, payload));
  const std::size_t at = payload.empty() ? 0 : std::to_integer<std::size_t>(payload[0]);
  record[at % record.size()] ^= std::byte{0x10};
  require(!open_frame(record, key));
}

void decompress_anything(BytesView data) {
  if (data.size() < 3) return;
  const std::size_t raw_bytes = detail::load_little_endian<std::uint16_t>(data.data()) * 16U;
  try {
    require(decompress(data.subspan(2), raw_bytes).size() == raw_bytes);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::corrupt);
  }
  require(equal(decompress(compress(data, 1), data.size()), data));
}

}  // namespace
}  // namespace larder

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  larder::BytesView bytes = std::as_bytes(std::span(data, size));
  if (bytes.empty()) return 0;
  const std::size_t wanted = std::to_integer<std::size_t>(bytes[0]);
  bytes = bytes.subspan(1);
  const std::size_t key_size = wanted < bytes.size() ? wanted : bytes.size();
  larder::open_anything(bytes.subspan(key_size), bytes.first(key_size));
  larder::seal_and_damage(bytes.subspan(key_size), bytes.first(key_size));
  larder::decompress_anything(bytes.subspan(key_size));
  return 0;
}
