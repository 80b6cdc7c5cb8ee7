// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/key_text.h"
#include "cli/store_command.h"
#include "cli/stored_value.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(List the keys of a store, one on each line.

Usage:
  larder list [OPTION]... [STORE]

Without STORE: the one of larder run. Text keys are written as they are, other
keys as the library writes them. What has expired is not listed; listing does
not count as use.

Options:
  -l, --long        Also show size, type, age, time left and tags.
  --prefix TEXT     Only text keys that begin with TEXT.
  --order ORDER     key (default), or insertion: first stored, first listed.
  --reverse         Last first.
  --json            Write one JSON object for each key; "encoded" names any
                    key for --key-type encoded.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say what is going on.
  -h, --help        Show this.

Examples:
  larder list -l
  larder list --prefix rates/ /var/tmp/site
  larder list --json photos | jq -r 'select(.bytes > 1000000).key'

Exit codes:
  0 done   1 failed   2 usage   4 store damaged   5 store busy
)";

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string to_json(const Key& key, const EntryInfo& info) {
  JsonObject object;
  object.text("key", show_key(key))
      .text("encoded", to_hex(key.bytes()))
      .text("type", type_name(info.schema))
      .number("bytes", info.bytes)
      .text("stored_at", iso_time(info.stored_at));
  if (info.expires_at) {
    object.text("expires_at", iso_time(*info.expires_at));
  } else {
    object.null("expires_at");
  }
  return object.texts("tags", info.tags).line();
}

std::string to_row(const Key& key, const EntryInfo& info, WallTime now) {
  std::string line = padded(human_size(info.bytes), 10) + "  ";
  line += padded(std::string(type_name(info.schema)), 7) + "  ";
  line += local_time(info.stored_at) + "  ";
  line += padded(info.expires_at ? human_duration(*info.expires_at - now) + " left" : "-", 12);
  line += "  " + show_key(key);
  for (const std::string& tag : info.tags) line += " #" + tag;
  return line + "\n";
}

class List final : public StoreCommand {
 public:
  void declare(Arguments& arguments) override {
    StoreCommand::declare(arguments);
    arguments.flag("-l,--long", long_);
    arguments.text("--prefix", prefix_);
    arguments.choice("--order", order_, {"key", "insertion"});
    arguments.flag("--reverse", reverse_);
  }

  int execute(const Console& console) override {
    const Cache store = open(console, OpenMode::read_only);
    const KeyOrder order = order_ == "key" ? KeyOrder::key : KeyOrder::insertion;
    const Direction direction = reverse_ ? Direction::backward : Direction::forward;
    const WallTime now = Clock::system().now();
    std::string lines;
    for (const Key& key : store.keys(order, direction)) {
      const std::optional<EntryInfo> info = matches(key) ? store.info(key) : std::nullopt;
      if (!info) continue;
      lines += is_json() ? to_json(key, *info)
               : long_   ? to_row(key, *info, now)
                         : show_key(key) + "\n";
      if (lines.size() < flush_bytes) continue;
      print(lines);
      lines.clear();
    }
    print(lines);
    return static_cast<int>(ExitCode::done);
  }

 private:
  static constexpr std::size_t flush_bytes = 64UL * 1024;

  [[nodiscard]] bool matches(const Key& key) const {
    if (prefix_.empty()) return true;
    return key.kind() == KeyKind::text && key.as<std::string>().starts_with(prefix_);
  }

  std::string prefix_;
  std::string order_ = "key";
  bool long_ = false;
  bool reverse_ = false;
};

}  // namespace

const CommandInfo list_command = {.name = "list", .help = help, .make = make_command<List>};

}  // namespace larder::cli
