// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "cli/doctor/finding.h"
#include "cli/doctor/place_checks.h"
#include "cli/doctor/store_checks.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/place.h"
#include "cli/run/run_store.h"
#include "cli/store_command.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Say what is wrong with a store or its place, and what to do.

Usage:
  larder doctor [OPTION]... [STORE]

Without STORE: the one of larder run. Looks at the machine (clock, limits), the
place (file system, free space, permissions), the settings, and every record.
A directory that is no store yet is looked at, too. Changes nothing.

Options:
  --quick         Do not check the records.
  --json          Write one JSON object for each finding.
  -q, --quiet     Say only what is wrong.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder doctor
  larder doctor --quick /var/tmp/site

Exit codes:
  0 nothing is wrong   1 there are problems   2 usage   4 damage found
  5 store busy
)";

class Doctor final : public StoreCommand {
 public:
  void declare(Arguments& arguments) override {
    StoreCommand::declare(arguments);
    arguments.flag("--quick", quick_);
  }

  int execute(const Console& console) override {
    const std::filesystem::path path = store() ? directory_of(*store()) : default_store_path();
    Findings findings;
    check_machine(findings);
    check_place(path, findings);
    check_store(path, console, findings);
    Weight worst = Weight::good;
    for (const Finding& finding : findings) {
      show(finding, console);
      worst = std::max(worst, finding.weight);
    }
    if (worst == Weight::damage) return static_cast<int>(ExitCode::damaged);
    return static_cast<int>(worst == Weight::problem ? ExitCode::failed : ExitCode::done);
  }

 private:
  void check_store(const std::filesystem::path& path, const Console& console,
                   Findings& findings) const {
    if (!holds_store(path)) {
      findings.push_back({Weight::notice, "store", "there is none in " + path.string(), ""});
      return;
    }
    check_users(path, findings);
    try {
      const Cache store = open(console, OpenMode::read_only);
      findings.push_back({Weight::good, "store", store.storage().uri, ""});
      check_settings(store, findings);
      if (!quick_) check_records(store, console, findings);
    } catch (const Error& error) {
      const bool is_damage = error.kind() == ErrorKind::corrupt;
      findings.push_back({is_damage ? Weight::damage : Weight::problem, "store", error.what(),
                          is_damage ? "'larder repair', or go back to a backup" : ""});
    }
  }

  void show(const Finding& finding, const Console& console) const {
    if (console.detail() == Detail::quiet && finding.weight < Weight::problem) return;
    if (is_json()) {
      print(JsonObject()
                .text("weight", weight_name(finding.weight))
                .text("subject", finding.subject)
                .text("found", finding.what)
                .text("advice", finding.advice)
                .line());
      return;
    }
    std::string line(weight_name(finding.weight));
    line.resize(9, ' ');
    line.append(finding.subject).append(": ").append(finding.what);
    if (!finding.advice.empty()) line.append("; ").append(finding.advice);
    print(line + "\n");
  }

  bool quick_ = false;
};

}  // namespace

const CommandInfo doctor_command = {.name = "doctor", .help = help, .make = make_command<Doctor>};

}  // namespace larder::cli
