// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "larder/cache/options.h"
#include "larder/core/bytes.h"
#include "larder/core/clock.h"

namespace larder::detail {

/// Stands for "never" where an expiry time is stored.
inline constexpr WallTime never = WallTime::max();

/// Where files become faster than records: docs/design/0004-value-files.md.
inline constexpr std::uint64_t default_file_above_bytes = std::uint64_t{1} << 20U;

/// The settings in force: every field has a value.
struct Settings {
  std::uint64_t max_entries = no_limit;
  std::uint64_t max_bytes = no_limit;
  Eviction eviction = Eviction::w_tinylfu;
  Duration expire_after_write = Duration::zero();
  std::uint64_t compress_above_bytes = no_limit;
  std::uint64_t file_above_bytes = default_file_above_bytes;
  Duration max_age = Duration::zero();

  friend bool operator==(const Settings&, const Settings&) = default;
};

/// `current` with the fields that `changes` sets.
/// @throws Error `invalid_argument` for a bad field
[[nodiscard]] Settings with_changes(const Settings& current, const CacheSettings& changes);

/// All fields set.
[[nodiscard]] CacheSettings to_public(const Settings& settings);

/// The one record that a cache keeps about itself: read and, if changed, written by each update.
struct Meta {
  std::uint64_t entries = 0;        ///< Records, expired ones included.
  std::uint64_t bytes = 0;          ///< Keys and records together.
  std::uint64_t next_sequence = 1;  ///< Larger than that of any entry, past ones included.
  WallTime next_expiry = never;     ///< No entry expires earlier. May be too early.
  /// Entries with lower sequence numbers were cleared: they are not there, and go bit by bit.
  std::uint64_t cleared_below = 0;
  /// All of these below this one have gone.
  std::uint64_t swept_below = 0;
  Settings settings = {};

  friend bool operator==(const Meta&, const Meta&) = default;
};

/// Appends the stored form.
void encode_meta(const Meta& meta, BytesView engine_key, Bytes& out);

/// @throws Error `corrupt` if the checksum is wrong, `not_supported` if a later release wrote it
[[nodiscard]] Meta decode_meta(BytesView stored, BytesView engine_key);

}  // namespace larder::detail
