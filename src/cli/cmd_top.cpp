// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/store_command.h"
#include "larder/cache/prometheus.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Watch a store at work.

Usage:
  larder top [OPTION]... [STORE]

Without STORE: the one of larder run. Shows again and again what all processes
did since the last time: reads, hit rate, writes, removals, sizes, latencies.
On a terminal in place, until Ctrl-C; elsewhere one line each time. Latencies
are those of samples.

Options:
  --interval DURATION   How often: 1s (default), 250ms, 1m.
  --once                Show one interval and end.
  --json                Write one JSON object for each interval.
  -q, --quiet           Say nothing but errors.
  -v, --verbose         Say what is going on.
  -h, --help            Show this.

Examples:
  larder top /var/tmp/site
  larder top --once --json --interval 10s /var/tmp/site

Exit codes:
  0 done   1 failed   2 usage   4 store damaged   5 store busy
)";

/// What happened between two looks.
struct Interval {
  double seconds = 0;
  CacheStats stats = {};  // since the first look
  CacheNumbers now = {};
};

std::uint64_t grown(std::uint64_t now, std::uint64_t before) {
  return now >= before ? now - before : now;  // they may have been reset
}

CacheStats difference(const CacheStats& now, const CacheStats& before) {
  CacheStats result;
  result.hits = grown(now.hits, before.hits);
  result.misses = grown(now.misses, before.misses);
  result.puts = grown(now.puts, before.puts);
  result.erased = grown(now.erased, before.erased);
  result.expired = grown(now.expired, before.expired);
  result.evicted = grown(now.evicted, before.evicted);
  result.latencies.hit = now.latencies.hit.since(before.latencies.hit);
  result.latencies.miss = now.latencies.miss.since(before.latencies.miss);
  result.latencies.put = now.latencies.put.since(before.latencies.put);
  return result;
}

std::string fixed(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

class Look {
 public:
  explicit Look(const Interval& interval) : interval_(interval) {}

  [[nodiscard]] static std::string headings() {
    return "  hits/s  misses/s   hit %  puts/s  removed/s  entries       size"
           "   hit 50 %   hit 99 %   put 99 %\n";
  }

  [[nodiscard]] std::string line() const {
    const CacheStats& stats = interval_.stats;
    const std::uint64_t removed = stats.erased + stats.expired + stats.evicted;
    return fixed(rate(stats.hits), 8) + fixed(rate(stats.misses), 10) + fixed(percent(), 8) +
           fixed(rate(stats.puts), 8) + fixed(rate(removed), 11) +
           fixed(std::to_string(interval_.now.entries), 9) +
           fixed(human_size(interval_.now.bytes), 11) +
           fixed(latency(stats.latencies.hit, 0.5), 11) +
           fixed(latency(stats.latencies.hit, 0.99), 11) +
           fixed(latency(stats.latencies.put, 0.99), 11) + "\n";
  }

  [[nodiscard]] std::string screen() const {
    const CacheStats& stats = interval_.stats;
    const std::string gap = "   ";
    return interval_.now.engine.uri + "\n\n" +
           row("reads", rate(stats.hits) + " hits/s" + gap + rate(stats.misses) + " misses/s" +
                            gap + percent() + " % hits") +
           row("writes", rate(stats.puts) + " puts/s") +
           row("removed", rate(stats.erased) + " erased/s" + gap + rate(stats.expired) +
                              " expired/s" + gap + rate(stats.evicted) + " evicted/s") +
           row("holds", std::to_string(interval_.now.entries) + " entries" + gap +
                            human_size(interval_.now.bytes) + gap +
                            human_size(interval_.now.engine.disk_bytes) + " on disk") +
           row("hits", latencies(stats.latencies.hit)) +
           row("misses", latencies(stats.latencies.miss)) +
           row("puts", latencies(stats.latencies.put));
  }

  [[nodiscard]] std::string json() const {
    const CacheStats& stats = interval_.stats;
    JsonObject object;
    object.real("seconds", interval_.seconds)
        .number("hits", stats.hits)
        .number("misses", stats.misses)
        .real("hit_rate", stats.hit_rate())
        .number("puts", stats.puts)
        .number("erased", stats.erased)
        .number("expired", stats.expired)
        .number("evicted", stats.evicted)
        .number("entries", interval_.now.entries)
        .number("bytes", interval_.now.bytes)
        .number("disk_bytes", interval_.now.engine.disk_bytes);
    add_latency(object, "hit", stats.latencies.hit);
    add_latency(object, "miss", stats.latencies.miss);
    add_latency(object, "put", stats.latencies.put);
    return object.line();
  }

 private:
  static std::string row(std::string name, const std::string& what) {
    name.resize(9, ' ');
    return name + what + "\n";
  }

  static std::string latency(const LatencyHistogram& latencies, double q) {
    return latencies.count() == 0 ? "-" : human_latency(latencies.quantile(q));
  }

  static std::string latencies(const LatencyHistogram& all) {
    return "50 % " + latency(all, 0.5) + "   99 % " + latency(all, 0.99) + "   99.9 % " +
           latency(all, 0.999);
  }

  static void add_latency(JsonObject& object, const std::string& name,
                          const LatencyHistogram& latencies) {
    const auto seconds = [&](double q) {
      return std::chrono::duration<double>(latencies.quantile(q)).count();
    };
    object.number(name + "_samples", latencies.count());
    if (latencies.count() == 0) return;
    object.real(name + "_p50", seconds(0.5)).real(name + "_p99", seconds(0.99));
  }

  [[nodiscard]] std::string rate(std::uint64_t count) const {
    return std::to_string(std::llround(static_cast<double>(count) / interval_.seconds));
  }

  [[nodiscard]] std::string percent() const {
    if (interval_.stats.hits + interval_.stats.misses == 0) return "-";
    const auto tenths = std::llround(interval_.stats.hit_rate() * 1000);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
  }

  const Interval& interval_;
};

class Top final : public StoreCommand {
 public:
  void declare(Arguments& arguments) override {
    StoreCommand::declare(arguments);
    arguments.value("--interval",
                    [this](const std::string& text) { interval_ = parse_duration(text); });
    arguments.flag("--once", once_);
  }

  int execute(const Console& console) override {
    const Cache store = open(console, OpenMode::read_only);
    const bool is_live = ::isatty(STDOUT_FILENO) != 0 && !once_ && !is_json();
    if (!is_live && !is_json()) print(Look::headings());
    CacheNumbers before = numbers_of(store);
    SteadyTime at = Clock::system().steady_now();
    do {
      wait();
      Interval interval{.now = numbers_of(store)};
      const SteadyTime now = Clock::system().steady_now();
      interval.seconds = std::chrono::duration<double>(now - at).count();
      interval.stats = difference(interval.now.stats, before.stats);
      const Look look(interval);
      print(is_json() ? look.json() : is_live ? "\x1b[H\x1b[J" + look.screen() : look.line());
      before = interval.now;
      at = now;
    } while (!once_);
    return static_cast<int>(ExitCode::done);
  }

 private:
  void wait() const {
    const auto length = std::chrono::ceil<std::chrono::milliseconds>(interval_);
    constexpr std::chrono::milliseconds longest = std::chrono::hours{24};
    static_cast<void>(::poll(nullptr, 0, static_cast<int>(std::min(length, longest).count())));
  }

  Duration interval_ = std::chrono::seconds{1};
  bool once_ = false;
};

}  // namespace

const CommandInfo top_command = {.name = "top", .help = help, .make = make_command<Top>};

}  // namespace larder::cli
