// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/store_command.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Check every record of a store, without changing anything.

Usage:
  larder verify [OPTION]... [STORE]

Without STORE: the one of larder run. Each problem is one line on standard
output. Damaged records are never returned as values, checked or not.

Options:
  --json          Write one JSON object. Its "complete" is false if damage kept
                  it from looking at everything.
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
    bool is_complete = true;
    VerifyReport report;
    try {
      report = look(console);
    } catch (const Error& error) {
      // A database too damaged to be read to its end is a finding, too.
      if (error.kind() != ErrorKind::corrupt) throw;
      is_complete = false;
      report.problems.emplace_back(error.what());
    }
    console.progress("");
    if (is_json()) {
      print(to_json(report, is_complete));
    } else {
      for (const std::string& problem : report.problems) print(problem + "\n");
      summarize(report, console);
    }
    return static_cast<int>(report.problems.empty() ? ExitCode::done : ExitCode::damaged);
  }

 private:
  [[nodiscard]] VerifyReport look(const Console& console) const {
    const Cache store = open(console, OpenMode::read_only);
    return store.verify([&](std::uint64_t done, std::uint64_t total) {
      console.progress("checked " + std::to_string(done) + " of " + std::to_string(total));
    });
  }

  static std::string to_json(const VerifyReport& report, bool is_complete) {
    return JsonObject()
        .number("entries", report.entries)
        .number("bytes", report.bytes)
        .boolean("complete", is_complete)
        .texts("problems", report.problems)
        .line();
  }

  static void summarize(const VerifyReport& report, const Console& console) {
    if (!report.problems.empty()) {
      const std::size_t count = report.problems.size();
      console.fail(std::to_string(count) + (count == 1 ? " problem" : " problems") +
                   " found; 'larder repair' keeps what can be read");
    } else if (console.detail() != Detail::quiet) {
      print(std::to_string(report.entries) + " entries, " + human_size(report.bytes) +
            ": all is well\n");
    }
  }
};

}  // namespace

const CommandInfo verify_command = {.name = "verify", .help = help, .make = make_command<Verify>};

}  // namespace larder::cli
