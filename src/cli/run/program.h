// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace larder::cli {

/// An executable file and what tells it from another version of itself.
struct Program {
  std::string path = {};      ///< Absolute; symbolic links are not resolved.
  std::uint64_t size = 0;     ///< Of the file that the path leads to, like the rest.
  std::int64_t mtime_ns = 0;  ///< Last modification; programs can set it.
  std::int64_t ctime_ns = 0;  ///< Last change of anything; programs cannot set it.
  std::uint64_t inode = 0;
};

/// A program that cannot be run. Carries the exit code that a shell uses for it.
class ProgramError : public std::runtime_error {
 public:
  ProgramError(int exit_code, const std::string& message)
      : std::runtime_error(message), exit_code_(exit_code) {}
  /// 127 if there is no such program, 126 if it may not be executed.
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

 private:
  int exit_code_;
};

/// Finds `name` like a shell: as a path if it has a slash, else in the directories of `PATH`.
/// @throws ProgramError
[[nodiscard]] Program find_program(const std::string& name);

/// Becomes `program` with `arguments`, the first of which is its name; a file without a known
/// format is run by /bin/sh, like a shell does. Returns an error number, or not at all. Allocates
/// nothing after construction: it may be called between fork and exec.
class Execution {
 public:
  Execution(const Program& program, std::span<const std::string> arguments);
  [[nodiscard]] int operator()() const noexcept;

 private:
  std::string path_;
  std::vector<char*> arguments_;
  std::vector<char*> shell_arguments_;
};

/// The error for a program that `Execution` could not become.
[[nodiscard]] ProgramError execution_error(const Program& program, int error_number);

}  // namespace larder::cli
