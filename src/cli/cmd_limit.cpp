// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/settings_text.h"
#include "cli/store_command.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Show or change how much a store may hold.

Usage:
  larder limit [OPTION]... [STORE]

Without STORE: the one of larder run. What is changed is kept in the store and
holds for all who use it; entries above a new limit go at once.

Options:
  --max-bytes SIZE     Keys and values take no more than this: 500M, 5GiB, none.
  --max-entries COUNT  No more entries than this, or none.
  --eviction POLICY    What goes first when the store is full: fifo (stored
                       first), lru (used longest ago), lfu (used least often),
                       sieve, s3_fifo, w_tinylfu (by use and age), mru (used
                       last), random, custom (what the program says that keeps
                       the store), none (a put fails).
  --ttl DURATION       Entries without a time of their own expire after so
                       long; none: never.
  --max-age DURATION   No entry is found for longer, whatever its own time;
                       none: no such limit.
  --json               Write one JSON object.
  -q, --quiet          Say nothing but errors.
  -v, --verbose        Say what is going on.
  -h, --help           Show this.

Examples:
  larder limit
  larder limit --max-bytes 20G
  larder limit --max-entries 1000 --eviction fifo /var/tmp/site

Exit codes:
  0 done   1 failed   2 usage   4 store damaged   5 store busy
)";

class Limit final : public StoreCommand {
 public:
  void declare(Arguments& arguments) override {
    StoreCommand::declare(arguments);
    declare_settings(arguments, changes_);
  }

  int execute(const Console& console) override {
    const bool changes = changes_.max_bytes || changes_.max_entries || changes_.eviction ||
                         changes_.expire_after_write || changes_.max_age;
    Cache store = open(console, changes ? OpenMode::open : OpenMode::read_only);
    if (changes) store.change_settings(changes_);
    print(is_json() ? to_json(store.settings()) : to_table(store.settings()));
    return static_cast<int>(ExitCode::done);
  }

 private:
  static std::string show_lifetime(const std::optional<Duration>& lifetime) {
    const Duration value = lifetime.value_or(Duration::zero());
    return value == Duration::zero() ? "none" : human_duration(value);
  }

  static std::string to_json(const CacheSettings& settings) {
    JsonObject object;
    add_settings(object, settings);
    return object.line();
  }

  static std::string to_table(const CacheSettings& settings) {
    const std::uint64_t bytes = settings.max_bytes.value_or(no_limit);
    const std::uint64_t entries = settings.max_entries.value_or(no_limit);
    return "max bytes    " + (bytes == no_limit ? "none" : human_size(bytes)) + "\nmax entries  " +
           (entries == no_limit ? "none" : std::to_string(entries)) + "\neviction     " +
           std::string(to_string(settings.eviction.value_or(Eviction::w_tinylfu))) +
           "\nttl          " + show_lifetime(settings.expire_after_write) + "\nmax age      " +
           show_lifetime(settings.max_age) + "\n";
  }

  CacheSettings changes_;
};

}  // namespace

const CommandInfo limit_command = {.name = "limit", .help = help, .make = make_command<Limit>};

}  // namespace larder::cli
