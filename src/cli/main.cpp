// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/exit_code.h"
#include "cli/run/program.h"
#include "cli/run/signal_relay.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(larder keeps what programs computed.

Usage:
  larder COMMAND [OPTION]... [ARGUMENT]...
  larder help COMMAND

Keep the result of a command:
  run       Run a command, or replay what it did last time

Keep values by key:
  put       Store a value
  get       Write a value to standard output
  erase     Remove keys
  push      Put a value into a queue
  pull      Take the next value out of a queue
  peek      Show the next value of a queue
  queues    List the queues

Look after a store:
  create    Make one with limits, or in shards
  list      List keys
  stats     Show how full it is and how well it serves
  top       Watch it at work
  locks     Show who holds its locks, or take one away
  limit     Show or change how much it may hold
  expire    Remove entries whose time is over
  evict     Bring it within its limits now
  clear     Remove all entries, or all with a tag or a prefix
  verify    Check every record
  repair    Put right what verify finds
  doctor    Say what is wrong with it or its place
  compact   Give space back to the file system
  backup    Copy it while others use it
  export    Write all entries as lines of JSON
  import    Store entries that come from elsewhere

Elsewhere:
  bench        Measure how long a cache takes on this machine
  fingerprint  Show whether the code of a function is still the same
  why          Say why results of a memoized function are computed anew

Options:
  -h, --help       Show this, or the help of a command.
  -V, --version    Show the version.

A store is a directory; several processes may use it at the same time.
DIRECTORY#NAME is the cache NAME within it, DIRECTORY#A/B one within that.

Examples:
  larder run --input data.csv -- ./slow-report data.csv
  larder put --ttl 1h notes today 'water the plants'
  larder get notes today
  larder stats

Exit codes:
  0 done   1 failed   2 usage   3 no such key   4 damaged data   5 store busy
  larder run: those of the command
)";

constexpr std::array commands = {
    &run_command,    &put_command,    &get_command,     &erase_command,  &push_command,
    &pull_command,   &peek_command,   &queues_command,  &list_command,   &stats_command,
    &limit_command,  &expire_command, &clear_command,   &verify_command, &repair_command,
    &backup_command, &export_command, &import_command,  &evict_command,  &doctor_command,
    &top_command,    &locks_command,  &compact_command, &bench_command,  &fingerprint_command,
    &why_command,    &create_command};

// A file that is opened later must not become stdin, stdout or stderr by accident.
void occupy_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) ::close(fd);
}

const CommandInfo* search_command(std::string_view name) {
  const auto* const found = std::ranges::find(commands, name, &CommandInfo::name);
  return found == commands.end() ? nullptr : *found;
}

const CommandInfo& find_command(const std::string& name) {
  if (const CommandInfo* found = search_command(name)) return *found;
  std::vector<std::string> names = {"help"};
  for (const CommandInfo* info : commands) names.emplace_back(info->name);
  const std::optional<std::string> meant = nearest_word(name, names);
  throw UsageError("there is no command '" + name + "'" +
                   (meant ? "; did you mean " + *meant + "?" : ""));
}

bool asks_for_help(const std::string& argument) { return argument == "-h" || argument == "--help"; }

int run_command_of(const CommandInfo& info, std::vector<std::string> arguments,
                   const Console& console_so_far) {
  const std::unique_ptr<Command> command = info.make();
  Arguments parser;
  bool wants_help = false;
  bool quiet = false;
  bool verbose = false;
  parser.flag("-h,--help", wants_help);
  parser.flag("-q,--quiet", quiet);
  parser.flag("-v,--verbose", verbose);
  command->declare(parser);
  // Missing arguments must not stand in the way of help.
  if (!arguments.empty() && asks_for_help(arguments.front())) {
    print_help(STDOUT_FILENO, info.help);
    return static_cast<int>(ExitCode::done);
  }
  parser.parse(std::move(arguments));
  if (wants_help) {
    print_help(STDOUT_FILENO, info.help);
    return static_cast<int>(ExitCode::done);
  }
  Console console = console_so_far;
  if (quiet || verbose) console.set_detail(quiet ? Detail::quiet : Detail::verbose);
  return command->execute(console);
}

int dispatch(std::vector<std::string> arguments, const Console& console) {
  if (arguments.empty()) {
    print_help(STDERR_FILENO, help);
    return static_cast<int>(ExitCode::usage);
  }
  const std::string name = arguments.front();
  arguments.erase(arguments.begin());
  if (asks_for_help(name) || (name == "help" && arguments.empty())) {
    print_help(STDOUT_FILENO, help);
  } else if (name == "help") {
    print_help(STDOUT_FILENO, find_command(arguments.front()).help);
  } else if (name == "-V" || name == "--version") {
    print("larder " LARDER_VERSION "\n");
  } else if (name.starts_with("-")) {
    throw UsageError("there is no option " + name + " before the command");
  } else {
    return run_command_of(find_command(name), std::move(arguments), console);
  }
  return static_cast<int>(ExitCode::done);
}

int guarded_main(const std::vector<std::string>& arguments) {
  const Console console;
  try {
    return dispatch(arguments, console);
  } catch (const UsageError& error) {
    console.fail(error.what());
    const bool has_command = search_command(arguments.front()) != nullptr;
    console.fail(has_command ? "'larder help " + arguments.front() + "' shows how to use it"
                             : "'larder help' shows the commands");
    return static_cast<int>(ExitCode::usage);
  } catch (const EndBySignal& end) {
    die_of(end.number);
  } catch (const ProgramError& error) {
    console.fail(error.what());
    return error.exit_code();
  } catch (const Error& error) {
    console.fail(error.what());
    if (error.kind() == ErrorKind::corrupt && arguments.front() != "repair" &&
        arguments.front() != "fingerprint") {
      console.fail("'larder repair' keeps what can be read of a damaged store");
    }
    return static_cast<int>(exit_code_of(error));
  } catch (const std::exception& error) {
    console.fail(error.what());
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace
}  // namespace larder::cli

int main(int argc, char** argv) {
  larder::cli::occupy_standard_descriptors();
  larder::cli::ignore_file_size_signal();
  return larder::cli::guarded_main(
      std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
