// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/confirm.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/run/run_lock.h"
#include "cli/run/run_store.h"
#include "cli/store_command.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Remove all entries, or all with a tag or a prefix.

Usage:
  larder clear [OPTION]... [STORE]

Without STORE: the one of larder run. Asks before it removes everything; where
nobody can answer, --yes is needed. Settings and statistics stay.

Options:
  --tag TAG       Remove only entries with this tag, and do not ask. The scope
                  of larder run --scope is a tag.
  --prefix TEXT   Remove only entries whose keys are text that begins with TEXT,
                  and do not ask. With --tag: that have both.
  -y, --yes       Do not ask.
  --json          Write one JSON object.
  -q, --quiet     Say nothing but errors.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder clear
  larder clear --yes /var/tmp/site
  larder clear --tag nightly
  larder clear --prefix user/ /var/tmp/site

Exit codes:
  0 done   1 failed or not confirmed   2 usage   4 store damaged   5 store busy
)";

class Clear final : public StoreCommand {
 public:
  void declare(Arguments& arguments) override {
    StoreCommand::declare(arguments);
    arguments.text("--tag", tag_);
    arguments.text("--prefix", prefix_);
    arguments.flag("-y,--yes", yes_);
  }

  int execute(const Console& console) override {
    Cache store = open(console);
    if (tag_.empty() && prefix_.empty() && !yes_ && !is_meant(store)) {
      console.warn("nothing was removed");
      return static_cast<int>(ExitCode::failed);
    }
    const std::uint64_t count = remove(store);
    sweep_locks(locks_of(store.path()));
    if (is_json()) {
      print(JsonObject().number("removed", count).line());
    } else if (console.detail() != Detail::quiet) {
      print(std::to_string(count) + (count == 1 ? " entry" : " entries") + " removed\n");
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::uint64_t remove(Cache& store) const {
    Selection selection;
    if (!tag_.empty()) selection.tag = tag_;
    if (!prefix_.empty()) selection.prefix = KeyPrefix::text(prefix_);
    if (selection.prefix) return store.erase_selected(selection);
    if (selection.tag) return store.erase_tag(tag_);
    const std::uint64_t count = store.clear();
    store.expire();  // the space, at once
    return count;
  }

  static bool is_meant(const Cache& store) {
    return confirm(
        "Remove all " + std::to_string(store.size()) + " entries of " + store.path().string() + "?",
        "this removes everything");
  }

  std::string tag_;
  std::string prefix_;
  bool yes_ = false;
};

}  // namespace

const CommandInfo clear_command = {.name = "clear", .help = help, .make = make_command<Clear>};

}  // namespace larder::cli
