// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <ostream>
#include <string>

namespace larder::test {

/// All that is in a folder: names, kinds, permissions, times of change and contents. Two are equal
/// if nobody wrote there in between.
class FolderImage {
 public:
  explicit FolderImage(const std::filesystem::path& folder);

  friend bool operator==(const FolderImage&, const FolderImage&) = default;
  friend std::ostream& operator<<(std::ostream& out, const FolderImage& image);

 private:
  struct Item {
    std::uint32_t mode = 0;
    std::int64_t modified = 0;
    std::int64_t changed = 0;
    std::string content = {};
    friend bool operator==(const Item&, const Item&) = default;
  };
  std::map<std::string, Item> items_;
};

}  // namespace larder::test
