// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/run/run_lock.h"
#include "cli/run/run_store.h"
#include "cli/store_command.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Remove entries whose time is over.

Usage:
  larder expire [OPTION]... [STORE]

Without STORE: the one of larder run. An expired entry is never returned, with
or without this command; it only gives back the space now.

Options:
  --json          Write one JSON object.
  -q, --quiet     Say nothing but errors.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder expire
  larder expire /var/tmp/site

Exit codes:
  0 done   1 failed   2 usage   4 store damaged   5 store busy
)";

class Expire final : public StoreCommand {
 public:
  int execute(const Console& console) override {
    Cache store = open(console);
    const std::uint64_t count = store.expire();
    sweep_locks(locks_of(store.path()));
    if (is_json()) {
      print(JsonObject().number("expired", count).line());
    } else if (console.detail() != Detail::quiet) {
      print(std::to_string(count) + (count == 1 ? " entry" : " entries") + " expired\n");
    }
    return static_cast<int>(ExitCode::done);
  }
};

}  // namespace

const CommandInfo expire_command = {.name = "expire", .help = help, .make = make_command<Expire>};

}  // namespace larder::cli
