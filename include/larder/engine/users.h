// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace larder {

/// The processes that have the LMDB engine in `directory` open, this one included, in order of
/// their numbers: for people, as an answer to "who has it open?". Not those who only read, where
/// none writes.
///
/// Asks the system for its locks. Empty if there is no engine, or the system does not tell; leaves
/// out processes of other containers. Thread-safe.
[[nodiscard]] std::vector<pid_t> users_of_lmdb(const std::filesystem::path& directory);

}  // namespace larder
