// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output_file.h"
#include "cli/place.h"
#include "cli/transfer/line_writer.h"

namespace larder::cli {
namespace {

constexpr std::string_view help =
    R"(Write all entries as lines of JSON, for larder import and other programs.

Usage:
  larder export [OPTION]... [STORE]

Without STORE: the one of larder run. Keys, values, types, expiry and tags, as
they are at one moment; others may use the store meanwhile. Numbers, text and
JSON are readable, other values in base 64. What has expired is left out. The
format is in docs/cli/export.md; it stays readable for later releases.

Options:
  --output FILE   Write to FILE, which is complete or not there at all. A device
                  or a pipe is written to as it is.
  -q, --quiet     Say nothing but errors.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder export /var/tmp/site | zstd > site.jsonl.zst
  larder export /var/tmp/site | jq -r 'select(.tags) | .key'

Exit codes:
  0 done   1 failed, or entries were replaced just then   2 usage
  4 damaged entries were left out   5 store busy
)";

class Export final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.text("--output", output_);
    arguments.optional("STORE", store_);
  }

  int execute(const Console& console) override {
    const Cache store = open_existing_store(store_, console, OpenMode::read_only);
    if (output_.empty())
      return write_out(store, console, [](std::string_view text) { print(text); });
    OutputFile file(output_);
    const int code = write_out(store, console, [&](std::string_view text) { file.write(text); });
    file.finish();
    return code;
  }

 private:
  // Many lines in one write.
  static int write_out(const Cache& store, const Console& console,
                       const LineWriter::Output& output) {
    constexpr std::size_t flush_bytes = 64UL * 1024;
    std::string waiting;
    LineWriter lines([&](std::string_view text) {
      waiting += text;
      if (waiting.size() < flush_bytes) return;
      output(waiting);
      waiting.clear();
    });
    const ExportReport report =
        export_entries(store, [&](const ExportedEntry& entry) { lines.add(entry); });
    lines.finish();
    output(waiting);
    return tell(report, console);
  }

  static int tell(const ExportReport& report, const Console& console) {
    if (report.replaced != 0) {
      console.warn(std::to_string(report.replaced) +
                   " long values were replaced meanwhile and are left out: export again, or "
                   "export a backup");
    }
    if (report.damaged != 0) {
      console.warn(std::to_string(report.damaged) +
                   " damaged entries are left out: 'larder verify' names them");
      return static_cast<int>(ExitCode::damaged);
    }
    return static_cast<int>(report.replaced != 0 ? ExitCode::failed : ExitCode::done);
  }

  std::string output_;
  std::optional<std::string> store_;
};

}  // namespace

const CommandInfo export_command = {.name = "export", .help = help, .make = make_command<Export>};

}  // namespace larder::cli
