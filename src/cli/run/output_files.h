// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/run/result.h"

namespace larder::cli {

/// Whether a file that was declared must be there.
enum class MissingOutput { refuse, skip };

/// Reads the files `paths`.
/// @throws NotKept if one is missing or no regular file, or if they have more than `max_bytes`
[[nodiscard]] std::vector<OutputFile> read_outputs(const std::vector<std::string>& paths,
                                                   MissingOutput missing, std::uint64_t max_bytes);

/// Writes `files` where the command wrote them: each appears whole or not at all, and none if one
/// of them cannot be written. Symbolic links that are in the way are followed.
/// @throws Error
void restore_outputs(const std::vector<OutputFile>& files);

}  // namespace larder::cli
