// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <filesystem>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/place.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Copy a store, as it is at one moment, while others use it.

Usage:
  larder backup [OPTION]... STORE DIRECTORY

DIRECTORY must be new or empty. What comes of it is a store of its own. Long
values get a second name there if it is on the same file system. Writers of
STORE wait meanwhile, readers do not.

Options:
  --json          Write one JSON object.
  -q, --quiet     Say nothing but errors.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder backup /var/tmp/site /backup/site-monday

Exit codes:
  0 copied   1 failed   2 usage   4 store damaged   5 store busy
)";

class Backup final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--json", is_json_);
    arguments.required("STORE", store_);
    arguments.required("DIRECTORY", directory_);
  }

  int execute(const Console& console) override {
    const Cache store = open_existing_store(store_, console);
    const std::filesystem::path directory = store_path(directory_);
    const std::uint64_t entries = store.backup(directory);
    if (is_json_) {
      print(JsonObject().text("directory", directory.string()).number("entries", entries).line());
    } else if (console.detail() != Detail::quiet) {
      print(std::to_string(entries) + (entries == 1 ? " entry" : " entries") + " copied\n");
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::string store_;
  std::string directory_;
  bool is_json_ = false;
};

}  // namespace

const CommandInfo backup_command = {.name = "backup", .help = help, .make = make_command<Backup>};

}  // namespace larder::cli
