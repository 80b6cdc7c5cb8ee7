// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/place.h"
#include "cli/store_command.h"
#include "larder/cache/compact.h"

namespace larder::cli {
namespace {

constexpr std::string_view help =
    R"(Give the space that a store does not need back to the file system.

Usage:
  larder compact [OPTION]... [STORE]

Without STORE: the one of larder run. Removes what has expired and copies the
rest to a new file, which takes the place of the old one. Nobody may have the
store open meanwhile; there must be room for the copy. If it is interrupted,
the store is as it was.

Options:
  --json          Write one JSON object.
  -q, --quiet     Say nothing but errors.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder compact
  larder compact --json /var/tmp/site

Exit codes:
  0 done   1 failed   2 usage   4 store damaged   5 store in use
)";

class Compact final : public StoreCommand {
 public:
  int execute(const Console& console) override {
    const CompactReport report = compact_cache(
        {.path = existing_store_path(store(), console)}, {.log = console.log_sink()},
        [&](std::uint64_t done, std::uint64_t total) {
          console.progress("copied " + std::to_string(done) + " of " + std::to_string(total));
        });
    console.progress("");
    if (is_json()) {
      print(JsonObject()
                .number("bytes_before", report.bytes_before)
                .number("bytes_after", report.bytes_after)
                .line());
    } else if (console.detail() != Detail::quiet) {
      print(human_size(report.bytes_before) + " before, " + human_size(report.bytes_after) +
            " now\n");
    }
    return static_cast<int>(ExitCode::done);
  }
};

}  // namespace

const CommandInfo compact_command = {
    .name = "compact", .help = help, .make = make_command<Compact>};

}  // namespace larder::cli
