// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/key_text.h"
#include "cli/place.h"
#include "cli/stored_value.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Write a value to standard output, byte for byte.

Usage:
  larder get [OPTION]... STORE KEY

Options:
  --json            Write one JSON object with the value and what is known of
                    it. A value that is not UTF-8 is given in base 64.
  --key-type TYPE   How to read KEY: text (default), int, hex, encoded.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say what is going on.
  -h, --help        Show this.

Examples:
  larder get /var/tmp/site motd
  larder get photos --key-type int 42 > photo.jpg
  larder get rates eur || curl -s https://example.org/rates.json

Exit codes:
  0 found   1 failed   2 usage   3 no such key   4 damaged   5 store busy
)";

class Get final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--json", json_);
    key_text_.declare(arguments);
    arguments.required("STORE", store_);
    arguments.required("KEY", key_);
  }

  int execute(const Console& console) override {
    const Key key = key_text_.read(key_);
    const Cache store = open_existing_store(store_, console, OpenMode::read_only);
    if (!json_ && is_plain(store, key)) return write_out(store, key, console);
    const std::optional<StoredValue> found = read_value(store, key);
    if (!found) return say_absent(key, console);
    if (json_) {
      print(to_json(key, *found));
    } else {
      print(as_text(found->data));
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  static int say_absent(const Key& key, const Console& console) {
    console.note("there is no value for " + show_key(key));
    return static_cast<int>(ExitCode::absent);
  }

  /// Whether the value is bytes or text, which may be longer than memory.
  static bool is_plain(const Cache& store, const Key& key) {
    const std::optional<EntryInfo> info = store.info(key);
    if (!info) return false;
    const std::string_view type = type_name(info->schema);
    return type == "bytes" || type == "text";
  }

  static int write_out(const Cache& store, const Key& key, const Console& console) {
    std::optional<ValueReader> reader = store.reader(key);
    if (!reader) return say_absent(key, console);
    Bytes buffer(std::size_t{256} << 10U);
    while (const std::size_t size = reader->read(buffer)) {
      print(as_text(BytesView(buffer).first(size)));
    }
    return static_cast<int>(ExitCode::done);
  }

  static std::string to_json(const Key& key, const StoredValue& found) {
    JsonObject object;
    object.text("key", show_key(key)).text("type", found.type);
    add_value(object, found.data);
    add_lifetime(object, found.stored_at, found.expires_at, found.tags);
    return object.line();
  }

  KeyText key_text_;
  std::string store_;
  std::string key_;
  bool json_ = false;
};

}  // namespace

const CommandInfo get_command = {.name = "get", .help = help, .make = make_command<Get>};

}  // namespace larder::cli
