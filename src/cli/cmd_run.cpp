// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/place.h"
#include "cli/run/background.h"
#include "cli/run/program.h"
#include "cli/run/run_options.h"
#include "cli/run/run_store.h"
#include "cli/run/session.h"
#include "cli/run/spool.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Keep the result of a command; next time replay it.

Usage:
  larder run [OPTION]... [--] COMMAND [ARGUMENT]...

The first time, COMMAND runs as if larder were not there. What it writes to
stdout and stderr, its exit code and the files named by --output are kept. Next
time all this is replayed, in a few milliseconds. Runs of the same command at
the same time compute once: the others wait and replay.

What must be the same (always: the arguments, and the program itself):
  --input FILE      The content of FILE, of all files below it if it is a
                    folder, or of all files that match it as a pattern:
                    'src/**/*.c' are those in all folders below src, and in src.
  --depfile FILE    The content of all files that COMMAND names in FILE, a list
                    of dependencies for make that it writes (gcc -MD -MF FILE).
                    FILE is an output as well.
  --env NAME        The value of a variable, or that it is not set.
  --cwd             The working directory.
  --stdin           All that is on standard input (it is read to its end first).
  --scope NAME      Nothing but NAME; also a tag for larder clear --tag.

What is kept:
  --output FILE     A file that COMMAND writes: content and permission bits. One
                    that it leaves as it was is not kept.
  --no-failures     Keep nothing if COMMAND fails.
  --max-result-size SIZE
                    Keep nothing that is larger than this (default 64MiB).

How long it is good:
  --ttl DURATION    Compute again what is older: 90s, 5m, 1h30m, 2d (default:
                    $LARDER_TTL, else it is good for ever).
  --stale DURATION  For so long after --ttl, still replay at once, and compute
                    again in the background.
  --refresh         Compute again now.
  --warm            Compute again in the background, and return at once.

Others:
  --store DIR       Where results are kept (default: $LARDER_STORE, else
                    larder/run in $XDG_CACHE_HOME or ~/.cache).
  -q, --quiet       No warnings.
  -v, --verbose     Say what is replayed, kept or not kept, and why.
  -h, --help        Show this.

Examples:
  larder run --ttl 10m -- curl -s https://example.org/rates.json
  larder run --input 'src/*.c' --output prog -- gcc -O2 -o prog src/main.c
  larder run --output x.o --depfile x.d -- gcc -MD -c x.c
  larder run --env LANG --cwd -- du -sh .

Exit codes:
  That of COMMAND; 128 + N if signal N killed it; 127 if there is no such
  program, 126 if it may not be executed; 2 for a usage error. If the store
  does not work, COMMAND runs all the same, with a warning. If it may only be
  read, what is there is replayed.
)";

class Run final : public Command {
 public:
  void declare(Arguments& arguments) override {
    const auto duration = [](Duration& target) {
      return [&target](const std::string& text) { target = parse_duration(text); };
    };
    arguments.value("--ttl",
                    [this](const std::string& text) { options_.ttl = parse_duration(text); });
    arguments.value("--stale", duration(options_.stale));
    arguments.texts("--env", options_.env);
    arguments.texts("--input", options_.inputs);
    arguments.texts("--output", options_.outputs);
    arguments.text("--depfile", options_.depfile);
    arguments.flag("--cwd", options_.cwd);
    arguments.flag("--stdin", options_.read_stdin);
    arguments.flag("--no-failures", options_.no_failures);
    arguments.flag("--refresh", options_.refresh);
    arguments.flag("--warm", options_.warm);
    arguments.flag(background_option, options_.in_background);
    arguments.text("--scope", options_.scope);
    arguments.text("--store", store_);
    arguments.value("--max-result-size", [this](const std::string& text) {
      options_.max_result_bytes = parse_size(text);
    });
    arguments.command_line(options_.command);
  }

  int execute(const Console& console) override {
    check();
    const Program program = find_program(options_.command.front());
    std::optional<Spool> spool;
    try {
      if (options_.read_stdin) spool.emplace();
    } catch (const Error& error) {
      return run_without_store(program, STDIN_FILENO, console, error.what());
    }
    if (spool) spool->fill();
    const int stdin_fd = spool ? spool->fd() : STDIN_FILENO;
    try {
      return run_with_store(program, stdin_fd, spool ? spool->digest() : Bytes(), console);
    } catch (const Error& error) {
      // Not once the command has begun: then a session throws nothing of this kind.
      return run_without_store(program, stdin_fd, console, error.what());
    }
  }

 private:
  void check() {
    if (options_.command.empty()) throw UsageError("there is no command to run");
    if (!options_.depfile.empty()) options_.outputs.push_back(options_.depfile);
    if (!options_.ttl) options_.ttl = default_ttl();
    if (options_.stale != Duration::zero() && !options_.ttl) {
      throw UsageError("--stale says how long a result is used after --ttl: give --ttl, too");
    }
    for (const std::string& name : options_.env) {
      if (name.empty() || name.find('=') != std::string::npos) {
        throw UsageError("--env takes the name of a variable, not '" + name + "'");
      }
    }
    if (!store_.empty()) options_.store = store_path(store_);
  }

  int run_with_store(const Program& program, int stdin_fd, const Bytes& stdin_digest,
                     const Console& console) {
    if (options_.store.empty()) options_.store = find_default_store();
    return RunSession(options_, console, program, open_run_store(options_.store, console), stdin_fd,
                      stdin_digest)
        .run();
  }

  static std::optional<Duration> default_ttl() {
    const char* text = std::getenv("LARDER_TTL");
    if (text == nullptr || *text == '\0') return std::nullopt;
    try {
      return parse_duration(text);
    } catch (const UsageError& error) {
      throw UsageError(std::string("LARDER_TTL: ") + error.what());
    }
  }

  static std::filesystem::path find_default_store() {
    try {
      return default_store_path();
    } catch (const UsageError& error) {
      // A user without a home is no mistake of the command line.
      throw Error(ErrorKind::not_supported, error.what());
    }
  }

  // A cache that does not work must not stop the work.
  [[nodiscard]] int run_without_store(const Program& program, int stdin_fd, const Console& console,
                                      const std::string& why) const {
    console.warn("running without a store: " + why);
    // What is computed for the store alone is of no use.
    if (options_.warm || options_.in_background) return static_cast<int>(ExitCode::failed);
    if (stdin_fd != STDIN_FILENO) {
      ::lseek(stdin_fd, 0, SEEK_SET);
      ::dup2(stdin_fd, STDIN_FILENO);
    }
    throw execution_error(program, Execution(program, options_.command)());
  }

  RunOptions options_;
  std::string store_;
};

}  // namespace

const CommandInfo run_command = {.name = "run", .help = help, .make = make_command<Run>};

}  // namespace larder::cli
