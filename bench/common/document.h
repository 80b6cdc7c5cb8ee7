// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace larder::bench {

/// Writes `document` for people and programs.
/// @throws std::runtime_error if the file cannot be written
void write_document(const std::filesystem::path& file, const nlohmann::ordered_json& document);

}  // namespace larder::bench
