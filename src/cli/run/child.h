// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "cli/run/program.h"
#include "cli/run/recorder.h"

namespace larder::cli {

/// What to run.
struct ChildSpec {
  const Program& program;
  std::span<const std::string> arguments;  ///< The first is the name of the program.
  int stdin_fd = 0;                        ///< What the command reads.
};

/// How a command ended.
struct ChildEnd {
  int exit_code = 0;       ///< If it was not killed.
  int killed_by = 0;       ///< The signal that killed it, or 0.
  int interrupted_by = 0;  ///< The signal that asked this process to end meanwhile, or 0.
  int output_error = 0;    ///< Why its output could not all be passed on (an `errno`), or 0.
};

/// Runs a command, passes on what it writes as it comes, and records it. Ends when the command has
/// ended and no process holds its stdout or stderr any more.
///
/// Signals that ask this process to end are passed on to the command. If this process is killed,
/// the command gets SIGTERM.
/// @throws ProgramError if the command could not be started
[[nodiscard]] ChildEnd run_child(const ChildSpec& spec, Recorder& recorder);

}  // namespace larder::cli
