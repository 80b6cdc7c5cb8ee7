// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"
#include "larder/engine/options.h"

namespace larder {

/// Whether a repair changes anything.
enum class RepairMode {
  fix,      ///< Puts everything right.
  dry_run,  ///< Only tells what it would put right.
};

/// What was found, and done, where the pages of a database were damaged.
struct PageRepair {
  std::uint64_t entries = 0;               ///< Entries that could be read.
  std::uint64_t lost = 0;                  ///< Those that could not, as far as anybody knows.
  std::vector<std::string> problems = {};  ///< One line for each; empty if all is well.
  /// The damaged file as it was, if another took its place: to be removed once nobody needs it.
  std::optional<std::filesystem::path> kept = {};
};

/// Is told how many entries of how many have been brought over.
using RepairProgress = FunctionRef<void(std::uint64_t done, std::uint64_t total)>;

/// Tells whether an entry is as it was stored, for one whose values have checksums.
using IsWhole = FunctionRef<bool(BytesView key, BytesView value)>;

/// Looks at every page of the database in directory `options.path`. If some are damaged, makes a
/// new database of all entries that can be read, and keeps the damaged file beside it. Then what is
/// in the log is brought over. Nobody may have it open, this process included; who opens it
/// meanwhile waits. The device must have room for the new file. If it fails or is killed, the
/// database is as it was.
///
/// Values are not looked at: those of caches, deques and indexes have checksums of their own. Only
/// where a damaged key has become that of another entry, `is_whole` tells which one stays.
/// @throws Error `invalid_argument` if there is no database, `unavailable` if somebody has it open,
/// `corrupt` if nothing can be read, `full`, `denied`, `not_supported`
PageRepair repair_lmdb(
    const LmdbOptions& options, RepairMode mode = RepairMode::fix, const EngineHooks& hooks = {},
    RepairProgress progress = [](std::uint64_t, std::uint64_t) {},
    IsWhole is_whole = [](BytesView, BytesView) { return false; });

}  // namespace larder
