// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <string>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/settings_text.h"
#include "cli/store_command.h"
#include "larder/cache/prometheus.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Show how full a store is and how well it serves.

Usage:
  larder stats [OPTION]... [STORE]

Without STORE: the one of larder run. The numbers count since the store was
made or they were reset, over all processes. Latencies are those of samples:
one in 64 reads, one in 8 writes.

Options:
  --json          Write one JSON object; latencies in seconds.
  --prometheus    Write the text format that Prometheus reads.
  --label N=VALUE Add a label to each sample of --prometheus. May be repeated.
  --reset         Set the numbers to zero after showing them.
  -q, --quiet     Say nothing but errors.
  -v, --verbose   Say what is going on.
  -h, --help      Show this.

Examples:
  larder stats
  larder stats --json /var/tmp/site | jq .hit_rate
  larder stats --prometheus --label cache=site /var/tmp/site > site.prom

Exit codes:
  0 done   1 failed   2 usage   4 store damaged   5 store busy
)";

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

std::string latency_row(std::string_view name, const LatencyHistogram& latencies) {
  if (latencies.count() == 0) return {};
  const auto shown = [&](double q) { return human_latency(latencies.quantile(q)); };
  return row(name, "median " + shown(0.5) + ", 99 % " + shown(0.99) + ", 99.9 % " + shown(0.999));
}

std::string latency_rows(const CacheStats& stats) {
  const CacheLatencies& latencies = stats.latencies;
  // Calls that found nothing to evict are timed, too: how long those took says nothing here.
  const std::string evictions = stats.evicted == 0 ? "" : latency_row("Evictions", latencies.evict);
  return latency_row("Hits take", latencies.hit) + latency_row("Misses take", latencies.miss) +
         latency_row("Puts take", latencies.put) + latency_row("Erases take", latencies.erase) +
         evictions;
}

void add_latency(JsonObject& object, const std::string& name, const LatencyHistogram& latencies) {
  const auto seconds = [](std::chrono::nanoseconds length) {
    return std::chrono::duration<double>(length).count();
  };
  object.number(name + "_samples", latencies.count());
  if (latencies.count() == 0) return;
  object.real(name + "_p50", seconds(latencies.quantile(0.5)))
      .real(name + "_p99", seconds(latencies.quantile(0.99)))
      .real(name + "_p999", seconds(latencies.quantile(0.999)));
}

std::string to_table(const CacheNumbers& numbers) {
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
                            " expired, " + std::to_string(stats.evicted) + " evicted") +
         latency_rows(stats);
}

std::string to_json(const CacheNumbers& numbers) {
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
  add_latency(object, "hit", stats.latencies.hit);
  add_latency(object, "miss", stats.latencies.miss);
  add_latency(object, "put", stats.latencies.put);
  add_latency(object, "erase", stats.latencies.erase);
  add_latency(object, "evict", stats.latencies.evict);
  add_settings(object, numbers.settings);
  return object.line();
}

class Stats final : public StoreCommand {
 public:
  void declare(Arguments& arguments) override {
    StoreCommand::declare(arguments);
    arguments.flag("--prometheus", prometheus_);
    arguments.texts("--label", labels_);
    arguments.flag("--reset", reset_);
  }

  int execute(const Console& console) override {
    Cache store = open(console, reset_ ? OpenMode::open : OpenMode::read_only);
    if (is_json() && prometheus_) throw UsageError("give --json or --prometheus, not both");
    const PrometheusLabels labels = read_labels();
    const CacheNumbers numbers = numbers_of(store);
    print(prometheus_ ? to_prometheus(numbers, labels)
          : is_json() ? to_json(numbers)
                      : to_table(numbers));
    if (reset_) store.reset_stats();
    return static_cast<int>(ExitCode::done);
  }

 private:
  [[nodiscard]] PrometheusLabels read_labels() const {
    PrometheusLabels labels;
    for (const std::string& label : labels_) {
      const std::size_t mark = label.find('=');
      if (mark == std::string::npos) throw UsageError("write --label NAME=VALUE");
      labels[label.substr(0, mark)] = label.substr(mark + 1);
    }
    return labels;
  }

  std::vector<std::string> labels_;
  bool prometheus_ = false;
  bool reset_ = false;
};

}  // namespace

const CommandInfo stats_command = {.name = "stats", .help = help, .make = make_command<Stats>};

}  // namespace larder::cli
