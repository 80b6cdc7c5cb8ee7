// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace larder::bench {

/// What a reader needs to know to judge numbers: processor, kernel, compiler, date, how busy the
/// machine is, and the file system of `folder`.
[[nodiscard]] nlohmann::ordered_json describe_machine(const std::filesystem::path& folder);

/// How many processes wanted to run, on average over the last minute.
[[nodiscard]] double load_average();

}  // namespace larder::bench
