// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/place.h"
#include "cli/transfer/diskcache.h"
#include "cli/transfer/intake.h"
#include "cli/transfer/line_reader.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Store entries that come from elsewhere.

Usage:
  larder import [OPTION]... FILE STORE
  larder import [OPTION]... diskcache:DIRECTORY STORE

FILE is what larder export wrote, or - for standard input. Its entries come as
they were, with types, tags and expiry.

diskcache:DIRECTORY is a directory of Python's diskcache: of a Cache or, with
all its shards, of a FanoutCache. Raw, binary and text values come with their
keys, tags and expiry, JSONDisk values as JSON. Pickled objects are listed and
counted, never executed. The directory may be in use; it is not changed.

STORE is made if it is missing.

Options:
  --dry-run         Store nothing, only tell.
  --if-absent       Keep what STORE has already.
  --disk KIND       What wrote the values: disk, json (JSONDisk), or guess by
                    the first keys (default).
  --json            Write one JSON object for each entry that is not taken, and
                    one with the numbers at the end.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Name every entry that is not taken, not only ten of a kind.
  -h, --help        Show this.

Examples:
  larder import --dry-run diskcache:/var/tmp/site /var/tmp/site.larder
  larder import diskcache:/var/tmp/site /var/tmp/site.larder
  zstd -dc site.jsonl.zst | larder import - /var/tmp/site

Exit codes:
  0 all taken but what is expired or kept   1 failed, or some were not taken
  2 usage   4 some were damaged   5 store busy
)";

constexpr std::string_view diskcache_scheme = "diskcache:";

class Import final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--dry-run", dry_run_);
    arguments.flag("--if-absent", if_absent_);
    arguments.choice("--disk", disk_, {"guess", "disk", "json"});
    arguments.flag("--json", json_);
    arguments.required("SOURCE", source_);
    arguments.required("STORE", store_);
  }

  int execute(const Console& console) override {
    const bool is_diskcache = source_.starts_with(diskcache_scheme);
    const std::string name = is_diskcache ? source_.substr(diskcache_scheme.size()) : source_;
    if (name.empty()) throw UsageError("'" + source_ + "' names no source");
    (void)store_path(store_);
    const auto open = [&] { return open_or_make_store(store_, console); };
    Intake intake(dry_run_ ? std::function<Cache()>() : open,
                  if_absent_ ? Existing::keep : Existing::replace,
                  json_ ? Intake::Telling::json : Intake::Telling::lines, console);
    DiskcacheLimits limits;
    if (is_diskcache) {
      limits = read_diskcache(name, kind(), intake, console);
    } else {
      read_lines(name, intake, console);
    }
    intake.finish();
    report(intake.report(), console);
    suggest(limits, console);
    return exit_code(intake.report());
  }

 private:
  [[nodiscard]] DiskKind kind() const {
    if (disk_ == "json") return DiskKind::json;
    return disk_ == "disk" ? DiskKind::plain : DiskKind::guess;
  }

  static int exit_code(const IntakeReport& report) {
    if (report.of(Refusal::damaged) != 0) return static_cast<int>(ExitCode::damaged);
    for (const std::uint64_t count : report.refused) {
      if (count != 0) return static_cast<int>(ExitCode::failed);
    }
    return static_cast<int>(ExitCode::done);
  }

  void report(const IntakeReport& report, const Console& console) const {
    if (json_) {
      print(JsonObject()
                .number("taken", report.taken)
                .number("expired", report.expired)
                .number("present", report.present)
                .number("python", report.of(Refusal::python))
                .number("damaged", report.of(Refusal::damaged))
                .number("unsupported", report.of(Refusal::unsupported))
                .number("no_room", report.of(Refusal::no_room))
                .boolean("dry_run", dry_run_)
                .line());
    } else if (console.detail() != Detail::quiet) {
      print(to_table(report));
    }
  }

  [[nodiscard]] std::string to_table(const IntakeReport& report) const {
    const auto row = [](std::uint64_t count, std::string_view what) {
      return count == 0 ? std::string() : std::to_string(count).append(what).append("\n");
    };
    return std::to_string(report.taken) + (report.taken == 1 ? " entry" : " entries") +
           (dry_run_ ? " would be taken\n" : " taken\n") +
           row(report.expired, " left out: expired") +
           row(report.present, " left out: there was a value already") +
           row(report.of(Refusal::python), " not taken: Python objects") +
           row(report.of(Refusal::damaged), " not taken: damaged") +
           row(report.of(Refusal::unsupported), " not taken: a store cannot hold them") +
           row(report.of(Refusal::no_room), " not taken: no room");
  }

  void suggest(const DiskcacheLimits& limits, const Console& console) const {
    if (json_ || console.detail() == Detail::quiet || !limits.max_bytes) return;
    const std::string policy = limits.eviction.empty() ? "" : " --eviction " + limits.eviction;
    print("The limit of diskcache was " + human_size(*limits.max_bytes) +
          "; larder limit --max-bytes " + std::to_string(*limits.max_bytes) + policy +
          " STORE sets the same.\n");
  }

  std::string source_;
  std::string store_;
  std::string disk_ = "guess";
  bool dry_run_ = false;
  bool if_absent_ = false;
  bool json_ = false;
};

}  // namespace

const CommandInfo import_command = {.name = "import", .help = help, .make = make_command<Import>};

}  // namespace larder::cli
