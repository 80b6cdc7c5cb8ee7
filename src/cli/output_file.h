// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "larder/core/io.h"

namespace larder::cli {

/// A file that is complete or not there at all. What is there and is no file (a device, a pipe) is
/// never replaced: it is written to, as it comes.
class OutputFile {
 public:
  /// Follows links: what they lead to is replaced, and they stay.
  /// @throws Error if it cannot be made, or is a directory
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view text);

  /// Gives it its name, in place of what had it.
  void finish();

 private:
  std::filesystem::path path_;
  std::filesystem::path part_;  ///< What it is called until then; empty if it is written as it is.
  File file_;
};

}  // namespace larder::cli
