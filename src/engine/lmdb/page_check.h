// SPDX-License-Identifier: Apache-2.0
//
// LMDB trusts its file: a damaged page can make it read or write outside of the page. What is
// checked here makes that impossible for pages that come from the device: all branch pages and the
// list of free pages before the file is opened, a leaf page before LMDB looks into it (see
// leaf_guard.h), and the bounds of every value that is read. Stored values carry their own
// checksums.
#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/lmdb/page.h"
#include "larder/core/bytes.h"
#include "larder/core/io.h"

namespace larder::lmdb {

/// Checks the heads, the branch pages and the free list of database `file`, which nobody has open.
/// Returns its size, 0 if there is none, or if the power went off before its heads were there.
/// @throws Error `corrupt` saying what is wrong; `not_supported` if it is no LMDB 0.9 file
[[nodiscard]] std::uint64_t check_file(Io& io, const std::filesystem::path& file);

/// The newest of the two heads that `image` begins with.
/// @throws Error as `check_file()`
[[nodiscard]] Head check_heads(BytesView image);

/// The same as `check_file()` for the bytes of a file that was finished.
void check_image(BytesView image);

/// Whether this is what may be left of two heads that did not all reach the device: LMDB writes
/// them first of all, and nothing else before they are durable.
[[nodiscard]] bool is_unfinished(BytesView image) noexcept;

}  // namespace larder::lmdb
