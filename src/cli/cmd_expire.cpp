// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/place.h"
#include "cli/run/run_lock.h"
#include "cli/run/run_store.h"

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

class Expire final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--json", json_);
    arguments.optional("STORE", store_);
  }

  int execute(const Console& console) override {
    Cache store = open_existing_store(store_, console);
    const std::uint64_t count = store.expire();
    sweep_locks(locks_of(store.path()));
    if (json_) {
      print(JsonObject().number("expired", count).line());
    } else if (console.detail() != Detail::quiet) {
      print(std::to_string(count) + (count == 1 ? " entry" : " entries") + " expired\n");
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::optional<std::string> store_;
  bool json_ = false;
};

}  // namespace

const CommandInfo expire_command = {
    .name = "expire", .help = help, .make = [] { return std::unique_ptr<Command>(new Expire); }};

}  // namespace larder::cli
