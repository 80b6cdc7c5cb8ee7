// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench/bench_report.h"
#include "cli/bench/bench_run.h"
#include "cli/bench/png.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/output_file.h"

namespace larder::cli {
namespace {

constexpr std::string_view help =
    R"(Measure how long a cache takes, on this machine and in a directory.

Usage:
  larder bench [OPTION]...

Stores keys in a new store, overwrites, reads them and others that are not
there, and erases them. Every call is timed: percentiles are exact. Tables tell
them; --svg, --png and --html draw time against percentile. The stores are
removed at the end, also after Ctrl-C. Each combination of the lists is
measured.

Options:
  --engine LIST        lmdb (default), memory; lists have commas.
  --durability LIST    durable, consistent (default), disposable; of lmdb.
  --policy LIST        Eviction: w_tinylfu (default), none, lru, lfu, fifo, ...
  --keys N             Keys to put and to erase; default 10000.
  --ops N              Calls of overwrite, get and miss; default 20000.
  --value-size SIZE    Size of each value; default 1K.
  --max-entries COUNT  Limit of the store, to see what evicting costs; none
                       unless given.
  --processes N        Processes that do so at the same time; default 1.
  --threads N          Threads of each; default 1.
  --dir DIRECTORY      Where the stores are made; by default the directory for
                       temporary files, which may be faster than your disk.
  --svg FILE           Draw time against percentile.
  --png FILE           The same as a PNG; needs rsvg-convert (librsvg2-bin).
  --html FILE          The same with the tables, as one page.
  --json               Write one object for each operation; times in seconds.
  -q, --quiet          Say nothing but errors.
  -v, --verbose        Say what is going on.
  -h, --help           Show this.

Examples:
  larder bench --dir /var/tmp --html latencies.html
  larder bench --engine lmdb,memory --policy none,lru,w_tinylfu --svg out.svg
  larder bench --durability durable,consistent --ops 2000 --keys 2000

Exit codes:
  0 done   1 failed   2 usage
)";

class Bench final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.texts("--engine", engines_);
    arguments.texts("--durability", durabilities_);
    arguments.texts("--policy", policies_);
    count(arguments, "--keys", plan_.keys);
    count(arguments, "--ops", plan_.calls);
    count(arguments, "--processes", plan_.processes);
    count(arguments, "--threads", plan_.threads);
    arguments.value("--value-size",
                    [this](const std::string& text) { plan_.value_bytes = parse_size(text); });
    arguments.value("--max-entries", [this](const std::string& text) {
      plan_.max_entries = parse_count(text, "a number of entries");
    });
    arguments.text("--dir", folder_);
    arguments.text("--svg", svg_);
    arguments.text("--png", png_);
    arguments.text("--html", html_);
    arguments.flag("--json", json_);
  }

  int execute(const Console& console) override {
    plan_.subjects = parse_subjects(engines_, durabilities_, policies_);
    plan_.folder =
        folder_.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(folder_);
    check_plan(plan_);
    // Better now than after an hour.
    std::optional<OutputFile> svg;
    std::optional<OutputFile> png;
    std::optional<OutputFile> html;
    if (!svg_.empty()) svg.emplace(svg_);
    if (!png_.empty()) {
      check_png();
      png.emplace(png_);
    }
    if (!html_.empty()) html.emplace(html_);
    const std::vector<BenchResult> results = run_bench(plan_, console);
    if (json_) {
      print(bench_json(plan_, results));
    } else if (console.detail() != Detail::quiet) {
      print(bench_table(results));
    }
    if (svg) finish(*svg, bench_svg(plan_, results));
    if (html) finish(*html, bench_html(plan_, results));
    if (png) finish(*png, to_png(bench_svg(plan_, results)));
    return static_cast<int>(ExitCode::done);
  }

 private:
  static void count(Arguments& arguments, const std::string& name, std::uint64_t& target) {
    arguments.value(name, [name, &target](const std::string& text) {
      target = parse_count(text, "a number for " + name);
    });
  }

  static void finish(OutputFile& file, const std::string& content) {
    file.write(content);
    file.finish();
  }

  BenchPlan plan_;
  std::vector<std::string> engines_;
  std::vector<std::string> durabilities_;
  std::vector<std::string> policies_;
  std::string folder_;
  std::string svg_;
  std::string png_;
  std::string html_;
  bool json_ = false;
};

}  // namespace

const CommandInfo bench_command = {.name = "bench", .help = help, .make = make_command<Bench>};

}  // namespace larder::cli
