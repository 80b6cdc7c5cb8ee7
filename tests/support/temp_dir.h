// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace larder::test {

/// A new empty folder that is removed, with all in it, at the end of the scope.
class TempDir {
 public:
  /// Makes the folder below `base`; the system's folder for temporary files if `base` is empty.
  explicit TempDir(const std::filesystem::path& base = {});
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// `name` in this folder.
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// A folder for temporary files that lives in memory where the machine has one: for tests that
/// sync often and do not look at the device.
[[nodiscard]] std::filesystem::path memory_folder();

}  // namespace larder::test
