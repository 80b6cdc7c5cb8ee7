// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "larder/cache/options.h"
#include "larder/cache/value_reader.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"
#include "larder/key/key.h"

namespace larder {

class Cache;

/// An entry on its way out of a cache, whatever the type of its value. Valid only inside the
/// visitor that gets it.
struct ExportedEntry {
  const Key& key;             ///< Its key.
  std::uint64_t schema = 0;   ///< `Codec<T>::schema()` of its type; 0 if it came as a stream.
  WallTime stored_at = {};    ///< When it was stored.
  const PutOptions& options;  ///< Stores it again with the same lifetime and tags.
  ValueReader* content = {};  ///< The bytes, of bytes, text and streams; else null.
  BytesView encoded = {};     ///< What the codec wrote, of all other types.
};

/// What `export_entries()` did.
struct ExportReport {
  std::uint64_t entries = 0;   ///< Entries that were visited.
  std::uint64_t damaged = 0;   ///< Left out: their record or value is damaged.
  std::uint64_t replaced = 0;  ///< Left out: their value file went meanwhile; see below.
};

/// Calls `visit` with every live entry of `cache`, in insertion order, as one moment saw them.
/// Takes no lock; others read and write meanwhile. `visit` itself must not write to the same
/// engine. Counts neither as a use nor in the statistics. What `visit` throws ends it.
///
/// A value in a file of its own is opened when its turn comes. If a writer has replaced or removed
/// it since that moment, the entry is left out and counted; a `backup()` is free of such gaps.
ExportReport export_entries(const Cache& cache,
                            FunctionRef<void(const ExportedEntry& entry)> visit);

/// Whether an import replaces what is there.
enum class Existing {
  replace,  ///< The imported entry counts.
  keep,     ///< The entry that is there counts.
};

/// Stores a value that is encoded already, as one of the type with `schema`. Returns whether it
/// did: not if there is a live value that is kept.
/// @throws Error `invalid_argument` if `encoded` is not one MessagePack value or `schema` is below
/// 16, and what `Cache::put` throws
bool import_encoded(Cache& cache, const Key& key, std::uint64_t schema, BytesView encoded,
                    const PutOptions& options = {}, Existing existing = Existing::replace);

/// Stores the bytes that `source` gives as `Bytes` or `std::string`, whose `schema` it is, or as a
/// stream (0). Returns whether it did. Never holds them as a whole unless they stay in a record.
/// @throws Error `invalid_argument` for another `schema`, and what `Cache::put_stream` throws
bool import_content(Cache& cache, const Key& key, std::uint64_t schema, ByteSource source,
                    const PutOptions& options = {}, Existing existing = Existing::replace);

}  // namespace larder
