// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace larder::bench {

/// A program that is talked to in lines: one in, one out. Its standard error is ours.
class ChildProcess {
 public:
  /// Starts `command`; its first word is looked up in the search path.
  explicit ChildProcess(const std::vector<std::string>& command);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Closes its input, which asks it to end, and waits until it has.
  ~ChildProcess();

  void write_line(const std::string& line);
  /// @throws std::runtime_error if it ended instead
  std::string read_line();
  /// All that it writes until it ends.
  /// @throws std::runtime_error if it writes nothing
  std::string read_all();

 private:
  std::string name_;
  pid_t pid_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

/// From now on who interrupts this program ends its children only: what reads from them then
/// throws, so that folders are removed.
void leave_interruptions_to_children();

}  // namespace larder::bench
