// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "cache/files/file_store.h"
#include "cache/record.h"
#include "cache/statistics.h"
#include "larder/cache/detail/cache_core.h"

namespace larder::detail {

/// The schema of an entry that says: there is no value for this key.
inline constexpr std::uint64_t absent_schema = 1;

/// What came of showing an entry. The last is for values in files: a read looks at those outside of
/// its snapshot.
enum class Seen { nothing, absent, hit, other_type, damaged, in_file };

/// Shows the entry to `visit`, if its value can be read as one of `schema`.
/// @throws Error `corrupt` if its file is damaged
Seen show(const Record& record, std::uint64_t schema, FileStore& files, EntryVisitor visit);

/// The same within an update, where no file can go meanwhile: a missing one is damage.
Seen show_here(const Record& record, std::uint64_t schema, FileStore& files, EntryVisitor visit);

/// Counts a read.
void count_seen(Seen seen, Tally& tally);

}  // namespace larder::detail
