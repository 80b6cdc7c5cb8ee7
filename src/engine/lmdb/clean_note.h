// SPDX-License-Identifier: Apache-2.0
//
// A database that was closed in order leaves a note of its head pages, so that damage there is
// noticed and can be repaired. The first write after opening takes the note away, durably unless
// the database is disposable. Whoever puts another data.mdb in the place of the one that it is
// about makes it lie.
#pragma once

#include <filesystem>
#include <optional>

#include "engine/lmdb/page.h"
#include "larder/core/io.h"

namespace larder::lmdb {

/// Leaves the note, for a database that nobody has open and that is on the device.
/// @throws Error `corrupt` if its heads are damaged
void write_clean_note(Io& io, const std::filesystem::path& directory, mode_t mode);

/// @throws Error `corrupt` if there is a note and the head pages look otherwise
void check_clean_note(Io& io, const std::filesystem::path& directory);

/// The newest head of the database as it was closed, if there is a note.
[[nodiscard]] std::optional<Head> noted_head(Io& io, const std::filesystem::path& directory);

void remove_clean_note(Io& io, const std::filesystem::path& directory);

}  // namespace larder::lmdb
