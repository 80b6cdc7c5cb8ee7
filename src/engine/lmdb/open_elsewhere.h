// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace larder::lmdb {

/// Throws `unavailable`: the database in `directory` is open, by whom if the system tells, and must
/// be closed to `deed`.
[[noreturn]] void throw_open_elsewhere(const std::filesystem::path& directory,
                                       std::string_view deed);

}  // namespace larder::lmdb
