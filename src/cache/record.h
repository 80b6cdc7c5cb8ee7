// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "cache/files/file_ref.h"
#include "cache/meta.h"
#include "larder/cache/entry.h"
#include "larder/core/bytes.h"
#include "larder/core/clock.h"

namespace larder::detail {

/// What only some entries have: a life that is more than one point in time.
struct Timing {
  WallTime stale_at = never;              ///< From then on only a load finds it; before it expires.
  Duration idle_ttl = Duration::zero();   ///< Each use moves its expiry to this long after.
  WallTime latest = never;                ///< But never beyond this.
  Duration load_time = Duration::zero();  ///< How long it took to compute the value.

  friend bool operator==(const Timing&, const Timing&) = default;
};

/// An entry as it is stored, looking into the bytes it was opened from.
struct Record {
  std::uint64_t sequence = 0;   ///< Its place in insertion order.
  WallTime stored_at = {};      ///< When it was stored.
  WallTime expires_at = never;  ///< When it expires and goes.
  Timing timing = {};           ///< More about its life.
  std::uint64_t schema = 0;     ///< Of the value's type.
  bool compressed = false;      ///< `value` is compressed.
  std::uint64_t raw_bytes = 0;  ///< Size of the value before compression.
  BytesView tags = {};          ///< As `encode_tags()` wrote them.
  bool is_raw = false;          ///< The value is bytes as they are, not one MessagePack value.
  /// Where the value is, unless it is in the record.
  std::optional<FileRef> file = std::nullopt;
  BytesView value = {};  ///< The encoded value, or `file` as it is stored.

  /// When a plain read stops finding it.
  [[nodiscard]] WallTime fresh_until() const noexcept {
    return std::min(expires_at, timing.stale_at);
  }
  /// The one rule of time, used everywhere.
  [[nodiscard]] bool is_expired(WallTime now) const noexcept {
    return fresh_until() != never && now >= fresh_until();
  }
  /// Whether not even a load may return it.
  [[nodiscard]] bool is_gone(WallTime now) const noexcept {
    return expires_at != never && now >= expires_at;
  }
};

/// Replaces `out` by the stored form, whose checksum is bound to `engine_key`.
void seal_record(const Record& record, BytesView engine_key, Bytes& out);

/// What an entry counts for with its key of `key_bytes`: key, stored form, and file.
[[nodiscard]] std::uint64_t counted_bytes(std::size_t key_bytes, const Record& record);
/// The same for a stored form that `open_record()` made `record` of; what is damaged has no file.
[[nodiscard]] std::uint64_t counted_bytes(std::size_t key_bytes, BytesView stored,
                                          const std::optional<Record>& record);

/// Stands for the value of `record`.
[[nodiscard]] Version version_of(const Record& record);
/// What is known about the entry.
[[nodiscard]] EntryInfo entry_info(const Record& record);

/// The text of a stored key, for messages.
[[nodiscard]] std::string describe_key(BytesView key);

/// The record again; nothing if it is damaged or was stored under another key.
[[nodiscard]] std::optional<Record> open_record(BytesView stored, BytesView engine_key);

}  // namespace larder::detail
