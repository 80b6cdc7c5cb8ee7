// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/console.h"
#include "cli/transfer/intake.h"

namespace larder::cli {

/// What wrote the values of a Python diskcache directory.
enum class DiskKind {
  guess,  ///< Look at the first keys.
  plain,  ///< `diskcache.Disk`.
  json,   ///< `diskcache.JSONDisk`.
};

/// What the directory says about its limit.
struct DiskcacheLimits {
  std::optional<std::uint64_t> max_bytes = std::nullopt;
  std::string eviction = {};  ///< In the words of `larder limit`; empty if there is no such policy.
};

/// Reads the directory of a diskcache `Cache`, or all shards of a `FanoutCache`, into `intake`. The
/// directory is not trusted, and nothing in it is executed.
/// @throws Error `not_supported` if there is no such directory or this build cannot read it
DiskcacheLimits read_diskcache(const std::filesystem::path& directory, DiskKind kind,
                               Intake& intake, const Console& console);

}  // namespace larder::cli
