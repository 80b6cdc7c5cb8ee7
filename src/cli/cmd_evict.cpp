// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/store_command.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Bring a store within its limits now.

Usage:
  larder evict [OPTION]... [STORE]

Without STORE: the one of larder run. Removes what has expired and, while the
store is above its limits, what its policy gives up. A store is kept within its
limits by every write: this is of use after files were copied in or out, or a
limit was changed by another program.

Options:
  --json          Write one JSON object.
  -q, --quiet     Say nothing but errors.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder evict
  larder evict --json /var/tmp/site

Exit codes:
  0 done   1 failed   2 usage   4 store damaged   5 store busy
)";

class Evict final : public StoreCommand {
 public:
  int execute(const Console& console) override {
    Cache store = open(console);
    const std::uint64_t expired = store.expire();
    const std::uint64_t evicted = store.evict();
    if (is_json()) {
      print(JsonObject().number("expired", expired).number("evicted", evicted).line());
    } else if (console.detail() != Detail::quiet) {
      print(std::to_string(expired) + " expired, " + std::to_string(evicted) + " evicted\n");
    }
    return static_cast<int>(ExitCode::done);
  }
};

}  // namespace

const CommandInfo evict_command = {.name = "evict", .help = help, .make = make_command<Evict>};

}  // namespace larder::cli
