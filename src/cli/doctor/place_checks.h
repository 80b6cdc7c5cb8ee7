// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "cli/doctor/finding.h"

namespace larder::cli {

/// Looks at the machine: clock and limits of this process.
void check_machine(Findings& findings);

/// Looks at the directory of a store: file system, space, owner and permissions.
void check_place(const std::filesystem::path& path, Findings& findings);

/// Tells which processes have the store in directory `path` open.
void check_users(const std::filesystem::path& path, Findings& findings);

/// The name of a file system type as statfs(2) gives it.
[[nodiscard]] std::string file_system_name(std::int64_t type);

}  // namespace larder::cli
