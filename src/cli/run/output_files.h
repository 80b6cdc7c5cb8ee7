// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/run/input_list.h"
#include "cli/run/result.h"

namespace larder::cli {

/// Whether a file that was declared must have been written.
enum class MissingOutput { refuse, skip };

/// The files that a command is to write, and how they are before it runs: one that it leaves alone
/// is not its own, and a replay must not put it over what somebody else wrote meanwhile.
class DeclaredOutputs {
 public:
  /// Looks at the files. Waits for the next tick of the clock of files if one was changed in this
  /// one, a few milliseconds at most.
  explicit DeclaredOutputs(const std::vector<std::string>& paths);

  /// Reads the files, after the command.
  /// @throws NotKept if one was not written or is no regular file, or if they have more than
  /// `max_bytes`
  [[nodiscard]] std::vector<OutputFile> read(MissingOutput missing, std::uint64_t max_bytes) const;

 private:
  struct Declared {
    std::string path;
    std::optional<FileState> before;  ///< Nothing if there was no such file.
  };

  std::vector<Declared> files_;
};

/// Writes `files` where the command wrote them: each appears whole or not at all, and none if one
/// of them cannot be written. Symbolic links that are in the way are followed, also to files that
/// do not exist.
/// @throws Error
void restore_outputs(const std::vector<OutputFile>& files);

}  // namespace larder::cli
