// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/console.h"

namespace larder::cli {

/// One command of the tool, for one run of it.
class Command {
 public:
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;

  /// Declares options and arguments.
  virtual void declare(Arguments& arguments) = 0;

  /// Does the work and returns what to exit with.
  virtual int execute(const Console& console) = 0;
};

template <typename Kind>
std::unique_ptr<Command> make_command() {
  return std::make_unique<Kind>();
}

/// What the tool knows about a command before it makes one.
struct CommandInfo {
  std::string_view name;
  std::string_view help;  ///< Shown by `--help` as it is.
  std::unique_ptr<Command> (*make)();
};

/// One for each cmd_<verb>.cpp.
extern const CommandInfo run_command;
extern const CommandInfo get_command;
extern const CommandInfo put_command;
extern const CommandInfo erase_command;
extern const CommandInfo push_command;
extern const CommandInfo pull_command;
extern const CommandInfo peek_command;
extern const CommandInfo queues_command;
extern const CommandInfo list_command;
extern const CommandInfo stats_command;
extern const CommandInfo create_command;
extern const CommandInfo limit_command;
extern const CommandInfo expire_command;
extern const CommandInfo clear_command;
extern const CommandInfo verify_command;
extern const CommandInfo repair_command;
extern const CommandInfo backup_command;
extern const CommandInfo export_command;
extern const CommandInfo import_command;
extern const CommandInfo evict_command;
extern const CommandInfo compact_command;
extern const CommandInfo doctor_command;
extern const CommandInfo top_command;
extern const CommandInfo locks_command;
extern const CommandInfo bench_command;
extern const CommandInfo fingerprint_command;
extern const CommandInfo why_command;

}  // namespace larder::cli
