// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/key_text.h"
#include "cli/place.h"
#include "larder/codec/standard.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Store a value.

Usage:
  larder put [OPTION]... STORE KEY [VALUE]

The value is read from standard input if VALUE is - or missing. It is kept as
it is, byte for byte. STORE is a directory, or lmdb: and a directory; it is
made if it is missing.

Options:
  --ttl DURATION    The entry expires after so long: 90s, 5m, 1h30m, 2d.
  --tag TAG         A label to erase many entries by. May be repeated.
  --if-absent       Change nothing if there is a value; exit with 1 then.
  --key-type TYPE   How to read KEY: text (default), int, hex (the bytes of
                    hexadecimal digits), encoded (as list --json shows it).
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say what is going on.
  -h, --help        Show this.

Examples:
  larder put /var/tmp/site motd 'Open from 9 to 5'
  curl -s https://example.org/rates.json | larder put --ttl 1h rates eur
  larder put photos --key-type int 42 < photo.jpg

Exit codes:
  0 stored   1 failed   2 usage   4 store damaged   5 store busy
)";

Bytes read_stdin() {
  Bytes data;
  Bytes buffer(64UL * 1024);
  while (true) {
    const ssize_t size = Io::system().read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0) throw system_error(static_cast<int>(-size), "cannot read standard input");
    if (size == 0) return data;
    append(data, BytesView(buffer).first(static_cast<std::size_t>(size)));
  }
}

class Put final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.value("--ttl", [this](const std::string& text) { put_.ttl = parse_duration(text); });
    arguments.texts("--tag", put_.tags);
    arguments.flag("--if-absent", if_absent_);
    key_text_.declare(arguments);
    arguments.required("STORE", store_);
    arguments.required("KEY", key_);
    arguments.optional("VALUE", value_);
  }

  int execute(const Console& console) override {
    const Key key = key_text_.read(key_);
    const bool from_stdin = !value_ || *value_ == "-";
    const Bytes value = from_stdin ? read_stdin() : to_bytes(as_bytes(*value_));
    Cache store = open_or_make_store(store_, console);
    if (!if_absent_) {
      store.put(key, value, put_);
    } else if (!store.add(key, value, put_)) {
      console.note("there is a value already");
      return static_cast<int>(ExitCode::failed);
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  KeyText key_text_;
  PutOptions put_;
  std::string store_;
  std::string key_;
  std::optional<std::string> value_;
  bool if_absent_ = false;
};

}  // namespace

const CommandInfo put_command = {
    .name = "put", .help = help, .make = [] { return std::unique_ptr<Command>(new Put); }};

}  // namespace larder::cli
