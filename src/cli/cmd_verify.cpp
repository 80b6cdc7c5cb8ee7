// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/store_command.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Check every record of a store, without changing anything.

Usage:
  larder verify [OPTION]... [STORE]

Without STORE: the one of larder run. Each problem is one line on standard
output. Damaged records are never returned as values, checked or not.

Options:
  --json          Write one JSON object.
  -q, --quiet     Show no progress.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder verify
  larder verify --json /var/tmp/site | jq -r '.problems[]'

Exit codes:
  0 all is well   1 failed   2 usage   4 damage found   5 store busy
)";

class Verify final : public StoreCommand {
 public:
  int execute(const Console& console) override {
    const Cache store = open(console, OpenMode::read_only);
    const VerifyReport report = store.verify([&](std::uint64_t done, std::uint64_t total) {
      console.progress("checked " + std::to_string(done) + " of " + std::to_string(total));
    });
    console.progress("");
    if (is_json()) {
      print(to_json(report));
    } else {
      for (const std::string& problem : report.problems) print(problem + "\n");
      summarize(report, console);
    }
    return static_cast<int>(report.problems.empty() ? ExitCode::done : ExitCode::damaged);
  }

 private:
  static std::string to_json(const VerifyReport& report) {
    return JsonObject()
        .number("entries", report.entries)
        .number("bytes", report.bytes)
        .texts("problems", report.problems)
        .line();
  }

  static void summarize(const VerifyReport& report, const Console& console) {
    if (!report.problems.empty()) {
      console.fail(std::to_string(report.problems.size()) + " problems found");
    } else if (console.detail() != Detail::quiet) {
      print(std::to_string(report.entries) + " entries, " + human_size(report.bytes) +
            ": all is well\n");
    }
  }
};

}  // namespace

const CommandInfo verify_command = {.name = "verify", .help = help, .make = make_command<Verify>};

}  // namespace larder::cli
