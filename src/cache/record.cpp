// SPDX-License-Identifier: Apache-2.0
#include "cache/record.h"

#include <xxhash.h>

#include <array>
#include <span>

#include "cache/tags.h"
#include "cache/wire_number.h"
#include "codec/frame.h"
#include "larder/core/error.h"
#include "larder/key/key.h"

namespace larder::detail {

namespace {

// Sequence number, both times, size of the tags. Stored on disk: never change.
constexpr std::size_t fixed_bytes = 8 + 8 + 8 + 4;
// In the size of the tags: a Timing stands before them.
constexpr std::uint32_t has_timing = 1U << 31U;
constexpr std::size_t timing_bytes = std::size_t{4} * 8;

std::uint64_t to_bits(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

WallTime to_time(std::uint64_t bits) { return WallTime{Duration{static_cast<std::int64_t>(bits)}}; }

Duration to_duration(std::uint64_t bits) { return Duration{static_cast<std::int64_t>(bits)}; }

std::uint64_t to_bits(Duration duration) { return static_cast<std::uint64_t>(duration.count()); }

std::size_t sealed_bytes(const Record& record) {
  return frame_header_bytes + fixed_bytes + (record.timing == Timing{} ? 0 : timing_bytes) +
         record.tags.size() + record.value.size();
}

void append_timing(const Timing& timing, Bytes& out) {
  append_number(out, to_bits(timing.stale_at));
  append_number(out, to_bits(timing.idle_ttl));
  append_number(out, to_bits(timing.latest));
  append_number(out, to_bits(timing.load_time));
}

Timing take_timing(NumberReader& in) {
  Timing timing;
  timing.stale_at = to_time(in.take<std::uint64_t>());
  timing.idle_ttl = to_duration(in.take<std::uint64_t>());
  timing.latest = to_time(in.take<std::uint64_t>());
  timing.load_time = to_duration(in.take<std::uint64_t>());
  return timing;
}

}  // namespace

std::uint64_t counted_bytes(std::size_t key_bytes, const Record& record) {
  return key_bytes + sealed_bytes(record) + (record.file ? record.file->file_bytes() : 0);
}

std::uint64_t counted_bytes(std::size_t key_bytes, BytesView stored,
                            const std::optional<Record>& record) {
  return key_bytes + stored.size() + (record && record->file ? record->file->file_bytes() : 0);
}

void seal_record(const Record& record, BytesView engine_key, Bytes& out) {
  out.clear();
  out.reserve(sealed_bytes(record));
  out.resize(frame_header_bytes);
  append_number(out, record.sequence);
  append_number(out, to_bits(record.stored_at));
  append_number(out, to_bits(record.expires_at));
  const bool is_timed = record.timing != Timing{};
  append_number(out, static_cast<std::uint32_t>(record.tags.size()) | (is_timed ? has_timing : 0U));
  if (is_timed) append_timing(record.timing, out);
  append(out, record.tags);
  append(out, record.value);
  seal_frame(out,
             {.codec = record.is_raw ? FrameCodec::raw : FrameCodec::wire,
              .compressed = record.compressed,
              .in_file = record.file.has_value(),
              .schema = record.schema,
              .raw_bytes = record.raw_bytes},
             engine_key);
}

std::optional<Record> open_record(BytesView stored, BytesView engine_key) {
  const std::optional<FrameView> frame = open_frame(stored, engine_key);
  if (!frame) return std::nullopt;
  NumberReader in(frame->payload);
  Record record;
  record.schema = frame->header.schema;
  record.compressed = frame->header.compressed;
  record.raw_bytes = frame->header.raw_bytes;
  record.is_raw = frame->header.codec == FrameCodec::raw;
  record.sequence = in.take<std::uint64_t>();
  record.stored_at = to_time(in.take<std::uint64_t>());
  record.expires_at = to_time(in.take<std::uint64_t>());
  const auto tags = in.take<std::uint32_t>();
  if ((tags & has_timing) != 0) record.timing = take_timing(in);
  record.tags = in.take_bytes(tags & ~has_timing);
  record.value = in.rest();
  if (!in.ok() || !are_tags(record.tags)) return std::nullopt;
  if (frame->header.in_file) {
    record.file = parse_file_ref(record.value);
    if (!record.file) return std::nullopt;
  }
  return record;
}

Version version_of(const Record& record) {
  // The sequence number tells it from an entry that was there before under the same key, the time
  // and the value from what the entry held before.
  const std::array<std::uint64_t, 3> place = {record.sequence, to_bits(record.stored_at),
                                              record.schema};
  const BytesView bytes = std::as_bytes(std::span(place));
  return Version{XXH3_64bits_withSeed(record.value.data(), record.value.size(),
                                      XXH3_64bits(bytes.data(), bytes.size()))};
}

EntryInfo entry_info(const Record& record) {
  EntryInfo info{.bytes = record.raw_bytes,
                 .schema = record.schema,
                 .stored_at = record.stored_at,
                 .version = version_of(record)};
  if (record.fresh_until() != never) info.expires_at = record.fresh_until();
  for_each_tag(record.tags, [&](std::string_view tag) { info.tags.emplace_back(tag); });
  return info;
}

std::string describe_key(BytesView key) {
  try {
    return Key::from_bytes(key).to_string();
  } catch (const Error&) {
    return "a damaged key";
  }
}

}  // namespace larder::detail
