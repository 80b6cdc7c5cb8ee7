// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

namespace larder::cli {

/// What the file system tells about a file. Another state means that the content may have changed.
struct FileState {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;  ///< When the content was changed; programs can set it.
  std::int64_t ctime_ns = 0;  ///< When anything was changed; programs cannot set it.
  std::uint64_t inode = 0;

  FileState() = default;
  explicit FileState(const struct stat& status);
  friend bool operator==(const FileState&, const FileState&) = default;
};

/// One file that a result depends on.
struct InputFile {
  std::string name = {};  ///< As it was given, or found below what was given.
  FileState state = {};
  bool is_link = false;  ///< A symbolic link found below a folder: its target counts.
  std::string link_target = {};

  friend bool operator==(const InputFile&, const InputFile&) = default;
};

/// The files that `patterns` name, in the order of their names, each once. A pattern is a file, a
/// folder (all that is below it) or, if no such file exists, a pattern of the shell (see
/// `expand_pattern`).
/// @throws UsageError for a pattern that names nothing, and for what is neither file nor folder
[[nodiscard]] std::vector<InputFile> list_inputs(const std::vector<std::string>& patterns);

/// The regular files `names`, in the same order.
/// @throws UsageError for a name that is none
[[nodiscard]] std::vector<InputFile> list_files(const std::vector<std::string>& names);

}  // namespace larder::cli
