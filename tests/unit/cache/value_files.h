// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace larder::test {

/// The files in which the cache in `folder`, and the caches within it, keep long values; sorted.
inline std::vector<std::filesystem::path> value_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const bool is_value = entry.path().string().find("/values-") != std::string::npos;
    if (is_value && entry.is_regular_file()) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace larder::test
