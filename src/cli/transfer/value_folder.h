// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "larder/core/io.h"

namespace larder::cli {

/// A directory of value files that someone else wrote. Nothing outside of it is ever opened.
class ValueFolder {
 public:
  /// @throws Error if it cannot be opened
  explicit ValueFolder(const std::filesystem::path& path);

  /// A value file and how long it is.
  struct Value {
    File file;
    std::uint64_t bytes = 0;
  };

  /// Opens `name`, which a database claims to be a file below the directory.
  /// @throws RefusedEntry if it is not: absolute, with "..", through a symbolic link, no file
  [[nodiscard]] Value open(const std::string& name) const;

 private:
  File root_;
};

}  // namespace larder::cli
