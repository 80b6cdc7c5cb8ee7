// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace larder::cli {

/// The paths that match a pattern of the shell, each perhaps more than once, in no order; none if
/// nothing matches. Beyond glob(7), a part `**` stands for any number of folders, also for none; at
/// the end it stands for all files below them. Like in a shell, wildcards leave out names that
/// begin with a dot, and `**` does not go through symbolic links.
/// @throws UsageError if a folder cannot be read
[[nodiscard]] std::vector<std::string> expand_pattern(const std::string& pattern);

}  // namespace larder::cli
