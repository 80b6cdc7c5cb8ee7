// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "cache/stored_value.h"
#include "cache/table.h"
#include "larder/cache/options.h"

namespace larder::detail {

/// What is said about a value on its way in.
struct NewEntry {
  std::uint64_t schema = 0;
  const PutOptions& options;
  BytesView tags = {};  ///< What `checked_tags()` returned.
  Duration load_time = Duration::zero();
};

/// The tags of an entry that is stored with `options`, as `encode_tags()` writes them.
/// @throws Error `invalid_argument` for what no entry can have
[[nodiscard]] Bytes checked_tags(const PutOptions& options);

/// Stores an entry in place of `old`, the live one of `key`. Returns false if there is no room.
bool store_in(Table& table, BytesView key, const Packed& packed, const NewEntry& entry,
              const std::optional<Record>& old);

}  // namespace larder::detail
