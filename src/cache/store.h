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
  BytesView tags = {};  ///< `options.tags` as `encode_tags()` writes them.
  Duration load_time = Duration::zero();
};

/// Stores an entry in place of `old`, the live one of `key`. Returns false if there is no room.
bool store_in(Table& table, BytesView key, const Packed& packed, const NewEntry& entry,
              const std::optional<Record>& old);

}  // namespace larder::detail
