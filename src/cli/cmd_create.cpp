// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/place.h"
#include "cli/settings_text.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Make a store with settings from its first moment.

Usage:
  larder create [OPTION]... STORE

Fails if there is one already. put, push, import and run make a store as well,
in one piece and without limits. DIRECTORY#NAME makes a cache within a store.

Options:
  --shards N           Spread it over N databases, each with a writer of its
                       own, where many write at the same time; 1 to 256. This
                       cannot be changed later.
  --max-bytes SIZE     Keys and values take no more than this: 500M, 5GiB, none.
  --max-entries COUNT  No more entries than this, or none.
  --eviction POLICY    What goes first when the store is full: w_tinylfu unless
                       given. 'larder help limit' names them.
  --ttl DURATION       Entries without a time of their own expire after so
                       long; none: never.
  --max-age DURATION   No entry is found for longer, whatever its own time;
                       none: no such limit.
  -q, --quiet          Say nothing but errors.
  -v, --verbose        Say what is going on.
  -h, --help           Show this.

Examples:
  larder create --max-bytes 5G /var/tmp/site
  larder create --shards 8 --max-bytes 20G --ttl 1d /var/tmp/pages

Exit codes:
  0 made   1 failed   2 usage, or there is one   5 store busy
)";

class Create final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.value("--shards", [this](const std::string& text) { shards_ = parse_shards(text); });
    declare_settings(arguments, settings_);
    arguments.required("STORE", store_);
  }

  int execute(const Console& console) override {
    create_store(store_, settings_, shards_, console);
    console.note("made " + store_);
    return static_cast<int>(ExitCode::done);
  }

 private:
  static std::uint32_t parse_shards(const std::string& text) {
    constexpr std::uint64_t most = 256;
    const std::uint64_t count = parse_count(text, "a number of shards");
    if (count == 0 || count > most) throw UsageError("there can be 1 to 256 shards");
    return static_cast<std::uint32_t>(count);
  }

  std::string store_;
  CacheSettings settings_;
  std::optional<std::uint32_t> shards_;
};

}  // namespace

const CommandInfo create_command = {.name = "create", .help = help, .make = make_command<Create>};

}  // namespace larder::cli
