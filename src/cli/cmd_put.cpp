// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <span>
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
it is, byte for byte, and may be longer than memory. STORE is a directory, or
lmdb: and a directory; it is made if it is missing.

Options:
  --file FILE       Store the content of FILE.
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
  larder put photos --key-type int 42 --file photo.jpg

Exit codes:
  0 stored   1 failed   2 usage   4 store damaged   5 store busy
)";

/// Where the value comes from, piece by piece: it may be longer than memory.
class Source {
 public:
  /// Standard input if `file` is unset.
  explicit Source(const std::optional<std::string>& file)
      : name_(file.value_or("standard input")),
        file_(file ? File(Io::system(), *file, O_RDONLY) : File()),
        fd_(file ? file_.fd() : STDIN_FILENO) {}

  std::size_t operator()(std::span<std::byte> buffer) {
    const ssize_t size = Io::system().read(fd_, buffer.data(), buffer.size());
    if (size < 0) throw system_error(static_cast<int>(-size), "cannot read " + name_);
    return static_cast<std::size_t>(size);
  }

 private:
  std::string name_;
  File file_;
  int fd_;
};

class Put final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.value("--ttl", [this](const std::string& text) { put_.ttl = parse_duration(text); });
    arguments.texts("--tag", put_.tags);
    arguments.flag("--if-absent", if_absent_);
    arguments.value("--file", [this](const std::string& text) { file_ = text; });
    key_text_.declare(arguments);
    arguments.required("STORE", store_);
    arguments.required("KEY", key_);
    arguments.optional("VALUE", value_);
  }

  int execute(const Console& console) override {
    const Key key = key_text_.read(key_);
    if (file_ && value_) throw UsageError("give VALUE or --file, not both");
    if (!store_value(open_or_make_store(store_, console), key)) {
      console.note("there is a value already");
      return static_cast<int>(ExitCode::failed);
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  bool store_value(Cache store, const Key& key) const {
    if (value_ && *value_ != "-") {
      const Bytes value = to_bytes(as_bytes(*value_));
      if (if_absent_) return store.add(key, value, put_);
      store.put(key, value, put_);
      return true;
    }
    Source source(file_);
    if (if_absent_) return store.add_stream(key, source, put_);
    store.put_stream(key, source, put_);
    return true;
  }

  KeyText key_text_;
  PutOptions put_;
  std::string store_;
  std::string key_;
  std::optional<std::string> value_;
  std::optional<std::string> file_;
  bool if_absent_ = false;
};

}  // namespace

const CommandInfo put_command = {.name = "put", .help = help, .make = make_command<Put>};

}  // namespace larder::cli
