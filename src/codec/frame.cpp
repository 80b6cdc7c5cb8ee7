// SPDX-License-Identifier: Apache-2.0
#include "codec/frame.h"

#include <algorithm>
#include <bit>

#include "core/xxh3.h"
#include "larder/codec/detail/byte_order.h"

namespace larder {
namespace {

// Where the fields are. Stored on disk: never change.
constexpr std::size_t checksum_at = 0;
constexpr std::size_t version_at = 8;
constexpr std::size_t codec_at = 9;
constexpr std::size_t flags_at = 10;
constexpr std::size_t reserved_at = 11;
constexpr std::size_t schema_at = 12;
constexpr std::size_t raw_bytes_at = 20;

constexpr std::byte version = {std::byte{1}};
constexpr std::byte compressed_flag = {std::byte{1}};
constexpr std::byte in_file_flag = {std::byte{2}};

// Asks for the cache lines of a record at once; read one after the other, each would be waited for.
void prefetch(BytesView record) noexcept {
  constexpr std::size_t line = 64;
  constexpr std::size_t lines_that_pay = 32;
  const std::size_t size = std::min(record.size(), line * lines_that_pay);
  for (std::size_t at = 0; at < size; at += line) __builtin_prefetch(record.data() + at);
}

// The key takes part turned by half, so that a record that repeats its key does not cancel it out.
std::uint64_t checksum(BytesView record, BytesView key) noexcept {
  prefetch(record);
  const BytesView covered = record.subspan(version_at);
  return detail::xxh3_64(covered) ^ std::rotl(detail::xxh3_64(key), 32);
}

bool is_known(BytesView record) noexcept {
  return record[version_at] == version && record[reserved_at] == std::byte{0} &&
         record[codec_at] <= static_cast<std::byte>(FrameCodec::wire) &&
         (record[flags_at] & ~(compressed_flag | in_file_flag)) == std::byte{0};
}

FrameHeader header_of(BytesView record) noexcept {
  FrameHeader header;
  header.codec = static_cast<FrameCodec>(record[codec_at]);
  header.compressed = (record[flags_at] & compressed_flag) != std::byte{0};
  header.in_file = (record[flags_at] & in_file_flag) != std::byte{0};
  header.schema = detail::load_little_endian<std::uint64_t>(record.data() + schema_at);
  header.raw_bytes = detail::load_little_endian<std::uint64_t>(record.data() + raw_bytes_at);
  return header;
}

}  // namespace

std::string_view to_string(FrameFault fault) noexcept {
  switch (fault) {
    case FrameFault::cut_off:
      return "cut off";
    case FrameFault::damaged:
      return "damaged";
    case FrameFault::unknown:
      return "of an unknown version";
  }
  return "damaged";
}

Bytes begin_frame(std::size_t payload_bytes_expected) {
  Bytes record;
  record.reserve(frame_header_bytes + payload_bytes_expected);
  record.resize(frame_header_bytes);
  return record;
}

void seal_frame(Bytes& record, const FrameHeader& header, BytesView key) noexcept {
  record[version_at] = version;
  record[codec_at] = static_cast<std::byte>(header.codec);
  record[flags_at] = (header.compressed ? compressed_flag : std::byte{0}) |
                     (header.in_file ? in_file_flag : std::byte{0});
  record[reserved_at] = std::byte{0};
  detail::store_little_endian(record.data() + schema_at, header.schema);
  detail::store_little_endian(record.data() + raw_bytes_at, header.raw_bytes);
  detail::store_little_endian(record.data() + checksum_at, checksum(record, key));
}

Bytes frame(const FrameHeader& header, BytesView payload, BytesView key) {
  Bytes record = begin_frame(payload.size());
  append(record, payload);
  seal_frame(record, header, key);
  return record;
}

std::optional<FrameView> open_frame(BytesView record, BytesView key, FrameFault* fault) noexcept {
  FrameFault problem = FrameFault::cut_off;
  if (record.size() >= frame_header_bytes) {
    const auto stored = detail::load_little_endian<std::uint64_t>(record.data() + checksum_at);
    problem = FrameFault::damaged;
    if (stored == checksum(record, key)) {
      if (is_known(record)) return FrameView{header_of(record), record.subspan(frame_header_bytes)};
      problem = FrameFault::unknown;
    }
  }
  if (fault != nullptr) *fault = problem;
  return std::nullopt;
}

}  // namespace larder
