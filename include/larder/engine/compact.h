// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "larder/core/function_ref.h"
#include "larder/engine/options.h"

namespace larder {

/// Space on the device before and after a compaction, in bytes.
struct CompactReport {
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
};

/// Is told how many entries of how many have been copied.
using CompactProgress = FunctionRef<void(std::uint64_t done, std::uint64_t total)>;

/// Rewrites the database in directory `options.path` so that it takes no more space than its
/// entries need, and gives the rest back to the file system. Nobody may have it open, this process
/// included; who opens it meanwhile waits. The device must have room for the copy. If it fails or
/// is killed, the database is as it was.
/// @throws Error `invalid_argument` if there is no database, `unavailable` if somebody has it open,
/// `full`, `corrupt`, `denied`
CompactReport compact_lmdb(
    const LmdbOptions& options, const EngineHooks& hooks = {},
    CompactProgress progress = [](std::uint64_t, std::uint64_t) {});

}  // namespace larder
