// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/key_text.h"
#include "cli/place.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Remove keys.

Usage:
  larder erase [OPTION]... STORE KEY...

Options:
  --json            Write an object for each key: whether it was there.
  --key-type TYPE   How to read KEY: text (default), int, hex, encoded.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say which keys were not there.
  -h, --help        Show this.

Examples:
  larder erase /var/tmp/site motd
  larder erase rates eur usd gbp

Exit codes:
  0 all removed   1 failed   2 usage   3 some key was not there (the others
  are removed)   4 store damaged   5 store busy
)";

class Erase final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--json", is_json_);
    key_text_.declare(arguments);
    arguments.required("STORE", store_);
    arguments.one_or_more("KEY", texts_);
  }

  int execute(const Console& console) override {
    std::vector<Key> keys;
    keys.reserve(texts_.size());
    for (const std::string& text : texts_) keys.push_back(key_text_.read(text));
    Cache store = open_existing_store(store_, console);
    ExitCode code = ExitCode::done;
    for (const Key& key : keys) {
      const bool erased = store.erase(key);
      if (is_json_) {
        print(JsonObject().text("key", show_key(key)).boolean("erased", erased).line());
      }
      if (erased) continue;
      console.note("there is no value for " + show_key(key));
      code = ExitCode::absent;
    }
    return static_cast<int>(code);
  }

 private:
  KeyText key_text_;
  std::string store_;
  std::vector<std::string> texts_;
  bool is_json_ = false;
};

}  // namespace

const CommandInfo erase_command = {.name = "erase", .help = help, .make = make_command<Erase>};

}  // namespace larder::cli
