// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/store_command.h"
#include "larder/cache/repair.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Put right what larder verify finds.

Usage:
  larder repair [OPTION]... [STORE]

Without STORE: the one of larder run. Removes entries whose value is damaged,
mends indexes and counters, removes files that belong to no entry. Every entry
that is whole stays. Each problem is one line on standard output. Others may
use the store meanwhile, unless pages of its database are damaged: then what
can be read goes to a new file, and the damaged one is kept beside it. A shard
whose database is gone is made anew, empty.

Options:
  --dry-run       Change nothing, only show what is wrong; exit with 4 then.
  --json          Write one JSON object.
  -q, --quiet     Show no progress.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder repair --dry-run
  larder repair --json /var/tmp/site | jq .removed

Exit codes:
  0 all is well now   1 failed   2 usage   4 damage found   5 store busy
)";

class Repair final : public StoreCommand {
 public:
  void declare(Arguments& arguments) override {
    StoreCommand::declare(arguments);
    arguments.flag("--dry-run", dry_run_);
  }

  int execute(const Console& console) override {
    const RepairReport report = repair_cache(
        {.path = existing_store_path(store(), console)},
        dry_run_ ? RepairMode::dry_run : RepairMode::fix, {.log = console.log_sink()},
        [&](std::uint64_t done, std::uint64_t total) {
          console.progress("checked " + std::to_string(done) + " of " + std::to_string(total));
        });
    console.progress("");
    if (is_json()) {
      print(to_json(report));
    } else {
      for (const std::string& problem : report.problems) print(problem + "\n");
      summarize(report, console);
    }
    const bool is_still_damaged = dry_run_ && !report.problems.empty();
    return static_cast<int>(is_still_damaged ? ExitCode::damaged : ExitCode::done);
  }

 private:
  static std::vector<std::string> texts_of(const std::vector<std::filesystem::path>& paths) {
    return {paths.begin(), paths.end()};
  }

  static std::string to_json(const RepairReport& report) {
    return JsonObject()
        .number("entries", report.entries)
        .number("removed", report.removed)
        .number("lost_shards", report.lost_shards)
        .texts("problems", report.problems)
        .texts("kept", texts_of(report.kept))
        .line();
  }

  void summarize(const RepairReport& report, const Console& console) const {
    if (console.detail() == Detail::quiet) return;
    const std::string count = std::to_string(report.problems.size());
    if (report.problems.empty()) {
      print(std::to_string(report.entries) + " entries: all is well\n");
    } else if (dry_run_) {
      print(count + " problems found, nothing changed\n");
    } else {
      // The count of entries may be lost with its page or its shard.
      const bool is_counted = report.kept.empty() && report.lost_shards == 0;
      const std::string at_least = is_counted ? "" : "at least ";
      print(count + " problems put right, " + at_least + std::to_string(report.removed) +
            " entries lost, " + std::to_string(report.entries) + " kept\n");
    }
    for (const std::filesystem::path& path : report.kept) {
      print("the damaged file is now " + path.string() + ": remove it when nobody needs it\n");
    }
  }

  bool dry_run_ = false;
};

}  // namespace

const CommandInfo repair_command = {.name = "repair", .help = help, .make = make_command<Repair>};

}  // namespace larder::cli
