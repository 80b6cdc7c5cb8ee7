// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/place.h"
#include "cli/settings_text.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Show how full a store is and how well it serves.

Usage:
  larder stats [OPTION]... [STORE]

Without STORE: the one of larder run. The numbers count since the store was
made or they were reset, over all processes.

Options:
  --json          Write one JSON object.
  --reset         Set the numbers to zero after showing them.
  -q, --quiet     Say nothing but errors.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder stats
  larder stats --json /var/tmp/site | jq .hit_rate

Exit codes:
  0 done   1 failed   2 usage   4 store damaged   5 store busy
)";

struct Numbers {
  CacheStats stats;
  CacheSettings settings;
  EngineInfo engine;
  std::uint64_t entries;
  std::uint64_t bytes;
};

Numbers collect(const Cache& store) {
  return {.stats = store.stats(),
          .settings = store.settings(),
          .engine = store.engine().info(),
          .entries = store.size(),
          .bytes = store.bytes()};
}

std::string row(std::string_view name, std::string_view value) {
  std::string line(name);
  line.resize(13, ' ');
  return line.append(value).append("\n");
}

std::string percent(double part) {
  const auto tenths = static_cast<std::uint64_t>(std::llround(part * 1000));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

std::string of_limit(const std::string& amount, std::uint64_t limit, const std::string& shown) {
  return limit == no_limit ? amount + ", no limit" : amount + " of " + shown;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

std::string reads_text(const CacheStats& stats) {
  const std::uint64_t reads = stats.hits + stats.misses;
  if (reads == 0) return "none";
  std::string text = counted(stats.hits, "hit", "hits") + ", " +
                     counted(stats.misses, "miss", "misses") + ": " + percent(stats.hit_rate());
  if (stats.schema_misses != 0) text += "; other type " + std::to_string(stats.schema_misses);
  if (stats.corrupt_misses != 0) text += "; damaged " + std::to_string(stats.corrupt_misses);
  return text;
}

std::string loads_text(const CacheStats& stats) {
  std::string text = std::to_string(stats.loads);
  if (stats.load_failures != 0) text += ", " + std::to_string(stats.load_failures) + " failed";
  if (stats.stale_hits != 0) text += "; served stale " + std::to_string(stats.stale_hits);
  return text;
}

std::string to_table(const Numbers& numbers) {
  const CacheStats& stats = numbers.stats;
  const CacheSettings& settings = numbers.settings;
  const std::uint64_t max_entries = settings.max_entries.value_or(no_limit);
  const std::uint64_t max_bytes = settings.max_bytes.value_or(no_limit);
  return row("Store", numbers.engine.uri) +
         row("Entries",
             of_limit(std::to_string(numbers.entries), max_entries, std::to_string(max_entries))) +
         row("Size", of_limit(human_size(numbers.bytes), max_bytes, human_size(max_bytes))) +
         row("On disk", human_size(numbers.engine.disk_bytes)) + row("Loads", loads_text(stats)) +
         row("When full", to_string(settings.eviction.value_or(Eviction::w_tinylfu))) +
         row("Reads", reads_text(stats)) + row("Stored", std::to_string(stats.puts)) +
         row("Removed", std::to_string(stats.erased) + " erased, " + std::to_string(stats.expired) +
                            " expired, " + std::to_string(stats.evicted) + " evicted");
}

std::string to_json(const Numbers& numbers) {
  const CacheStats& stats = numbers.stats;
  JsonObject object;
  object.text("store", numbers.engine.uri)
      .number("entries", numbers.entries)
      .number("bytes", numbers.bytes)
      .number("disk_bytes", numbers.engine.disk_bytes)
      .number("used_bytes", numbers.engine.used_bytes)
      .number("hits", stats.hits)
      .number("misses", stats.misses)
      .real("hit_rate", stats.hit_rate())
      .number("schema_misses", stats.schema_misses)
      .number("corrupt_misses", stats.corrupt_misses)
      .number("loads", stats.loads)
      .number("load_failures", stats.load_failures)
      .number("stale_hits", stats.stale_hits)
      .number("puts", stats.puts)
      .number("erased", stats.erased)
      .number("expired", stats.expired)
      .number("evicted", stats.evicted);
  add_settings(object, numbers.settings);
  return object.line();
}

class Stats final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--json", json_);
    arguments.flag("--reset", reset_);
    arguments.optional("STORE", store_);
  }

  int execute(const Console& console) override {
    Cache store = open_existing_store(store_, console);
    const Numbers numbers = collect(store);
    print(json_ ? to_json(numbers) : to_table(numbers));
    if (reset_) store.reset_stats();
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::optional<std::string> store_;
  bool json_ = false;
  bool reset_ = false;
};

}  // namespace

const CommandInfo stats_command = {
    .name = "stats", .help = help, .make = [] { return std::unique_ptr<Command>(new Stats); }};

}  // namespace larder::cli
