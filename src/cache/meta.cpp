// SPDX-License-Identifier: Apache-2.0
#include "cache/meta.h"

#include <xxhash.h>

#include <array>
#include <string>
#include <utility>

#include "cache/wire_number.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// Stored on disk: never change. The first four bytes tell the format; whatever the format, the last
// eight are the checksum of all before them, bound to the engine key.
constexpr std::uint32_t format_version = 4;
constexpr std::uint32_t first_with_files = 2;
constexpr std::uint32_t first_with_max_age = 3;
constexpr std::uint32_t first_with_clearing = 4;

constexpr std::uint64_t to_bits(std::int64_t number) { return static_cast<std::uint64_t>(number); }
constexpr Duration to_duration(std::uint64_t bits) {
  return Duration{static_cast<std::int64_t>(bits)};
}

std::uint64_t checksum(BytesView bytes, BytesView engine_key) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(),
                              XXH3_64bits(engine_key.data(), engine_key.size()));
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::invalid_argument, "cache settings: " + why);
}

// Stored on disk: only ever append.
constexpr std::array<std::pair<Eviction, std::uint8_t>, 10> eviction_numbers = {
    {{Eviction::none, 0},
     {Eviction::fifo, 1},
     {Eviction::lru, 2},
     {Eviction::lfu, 3},
     {Eviction::sieve, 4},
     {Eviction::s3_fifo, 5},
     {Eviction::w_tinylfu, 6},
     {Eviction::mru, 7},
     {Eviction::random, 8},
     {Eviction::custom, 255}}};

std::uint8_t to_number(Eviction eviction) {
  for (const auto& [policy, number] : eviction_numbers) {
    if (policy == eviction) return number;
  }
  refuse("unknown eviction policy " + std::to_string(static_cast<int>(eviction)));
}

Eviction to_eviction(std::uint8_t number) {
  for (const auto& [policy, known] : eviction_numbers) {
    if (known == number) return policy;
  }
  throw Error(ErrorKind::not_supported, "cache: eviction policy " + std::to_string(number) +
                                            " is not known to this release; use the release that "
                                            "chose it");
}

}  // namespace

Settings with_changes(const Settings& current, const CacheSettings& changes) {
  if (changes.max_entries == 0) refuse("max_entries must not be 0; to empty a cache, clear it");
  if (changes.max_bytes == 0) refuse("max_bytes must not be 0; to empty a cache, clear it");
  if (changes.expire_after_write && *changes.expire_after_write < Duration::zero()) {
    refuse("expire_after_write must not be negative; zero means never");
  }
  if (changes.max_age && *changes.max_age < Duration::zero()) {
    refuse("max_age must not be negative; zero means without end");
  }
  if (changes.eviction) (void)to_number(*changes.eviction);
  return {
      .max_entries = changes.max_entries.value_or(current.max_entries),
      .max_bytes = changes.max_bytes.value_or(current.max_bytes),
      .eviction = changes.eviction.value_or(current.eviction),
      .expire_after_write = changes.expire_after_write.value_or(current.expire_after_write),
      .compress_above_bytes = changes.compress_above_bytes.value_or(current.compress_above_bytes),
      .file_above_bytes = changes.file_above_bytes.value_or(current.file_above_bytes),
      .max_age = changes.max_age.value_or(current.max_age)};
}

CacheSettings to_public(const Settings& settings) {
  return {.max_entries = settings.max_entries,
          .max_bytes = settings.max_bytes,
          .eviction = settings.eviction,
          .expire_after_write = settings.expire_after_write,
          .compress_above_bytes = settings.compress_above_bytes,
          .file_above_bytes = settings.file_above_bytes,
          .max_age = settings.max_age};
}

void encode_meta(const Meta& meta, BytesView engine_key, Bytes& out) {
  const std::size_t start = out.size();
  append_number(out, format_version);
  append_number(out, meta.entries);
  append_number(out, meta.bytes);
  append_number(out, meta.next_sequence);
  append_number(out, to_bits(meta.next_expiry.time_since_epoch().count()));
  append_number(out, meta.settings.max_entries);
  append_number(out, meta.settings.max_bytes);
  append_number(out, to_number(meta.settings.eviction));
  append_number(out, to_bits(meta.settings.expire_after_write.count()));
  append_number(out, meta.settings.compress_above_bytes);
  append_number(out, meta.settings.file_above_bytes);
  append_number(out, to_bits(meta.settings.max_age.count()));
  append_number(out, meta.cleared_below);
  append_number(out, meta.swept_below);
  append_number(out, checksum(BytesView(out).subspan(start), engine_key));
}

Meta decode_meta(BytesView stored, BytesView engine_key) {
  constexpr std::size_t checksum_bytes = sizeof(std::uint64_t);
  const auto corrupt = [] {
    return Error(ErrorKind::corrupt,
                 "cache: the record of settings and counters is damaged; restore the cache from a "
                 "copy or remove it");
  };
  if (stored.size() < sizeof(format_version) + checksum_bytes) throw corrupt();
  const BytesView body = stored.first(stored.size() - checksum_bytes);
  NumberReader tail(stored.last(checksum_bytes));
  if (tail.take<std::uint64_t>() != checksum(body, engine_key)) throw corrupt();

  NumberReader in(body);
  const auto version = in.take<std::uint32_t>();
  if (version == 0 || version > format_version) {
    throw Error(ErrorKind::not_supported, "cache: written in format " + std::to_string(version) +
                                              " by a later release of larder; this one reads " +
                                              std::to_string(format_version));
  }
  Meta meta;
  meta.entries = in.take<std::uint64_t>();
  meta.bytes = in.take<std::uint64_t>();
  meta.next_sequence = in.take<std::uint64_t>();
  meta.next_expiry = WallTime{to_duration(in.take<std::uint64_t>())};
  meta.settings.max_entries = in.take<std::uint64_t>();
  meta.settings.max_bytes = in.take<std::uint64_t>();
  const auto eviction = in.take<std::uint8_t>();
  meta.settings.expire_after_write = to_duration(in.take<std::uint64_t>());
  meta.settings.compress_above_bytes = in.take<std::uint64_t>();
  if (version >= first_with_files) meta.settings.file_above_bytes = in.take<std::uint64_t>();
  if (version >= first_with_max_age) meta.settings.max_age = to_duration(in.take<std::uint64_t>());
  if (version >= first_with_clearing) {
    meta.cleared_below = in.take<std::uint64_t>();
    meta.swept_below = in.take<std::uint64_t>();
  }
  if (!in.ok() || !in.rest().empty()) throw corrupt();
  meta.settings.eviction = to_eviction(eviction);
  return meta;
}

}  // namespace larder::detail
