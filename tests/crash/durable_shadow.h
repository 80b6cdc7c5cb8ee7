// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace larder::test {

/// A copy of a folder as the device has it for sure: each file as it was when its last sync began,
/// and the names as of the last sync of the folder. Kept in a folder of its own, so that it
/// outlives the processes that write to it.
///
/// Programs that link this have their own `fdatasync`, `fsync`, `msync` and `pwrite`, which LMDB
/// and larder call too; they keep the shadow once `watch_syncs` was called in their process.
struct ShadowPlan {
  std::filesystem::path folder;    ///< What is watched.
  std::filesystem::path shadow;    ///< Where the copy is.
  bool is_ignoring_syncs = false;  ///< Control: syncs return at once and do nothing.
  std::uint64_t kill_at_sync = 0;  ///< The process kills itself in its n-th sync; 0: never.
  std::uint64_t* syncs = nullptr;  ///< Counts syncs, if set.
};

/// Declares that the device has everything in the folder as it is now.
void everything_is_durable(const ShadowPlan& plan);

/// From now on the syncs of this process and its children update the shadow.
void watch_syncs(const ShadowPlan& plan);

/// Names and numbers (inodes) of the files in `folder`.
[[nodiscard]] std::map<std::string, std::uint64_t> names_in(const std::filesystem::path& folder);

/// The same as the device has it for sure.
[[nodiscard]] std::map<std::string, std::uint64_t> durable_names(
    const std::filesystem::path& shadow);

/// Where the shadow keeps the content of file number `inode`.
[[nodiscard]] std::filesystem::path durable_content(const std::filesystem::path& shadow,
                                                    std::uint64_t inode);

}  // namespace larder::test
