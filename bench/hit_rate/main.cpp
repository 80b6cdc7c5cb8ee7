// SPDX-License-Identifier: Apache-2.0

// Hit rates of all eviction policies on recorded and made-up traces, beside the best possible.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "common/document.h"
#include "common/machine.h"
#include "hit_rate/report.h"
#include "hit_rate/trace.h"

namespace larder::bench {
namespace {

struct Options {
  std::filesystem::path traces;
  std::vector<double> percents = {0.1, 1, 10, 30};
  std::filesystem::path json;
  std::string command = "./dev bench hit_rate";
};

constexpr std::uint64_t smallest = 8;  // in less, every policy is a matter of luck

void declare(CLI::App& app, Options& options) {
  app.add_option("--traces", options.traces, "folder with recorded traces")
      ->envname("LARDER_TRACES")
      ->check(CLI::ExistingDirectory);
  app.add_option("--percents", options.percents, "sizes in percent of the distinct keys")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--json", options.json, "file that the numbers are written to");
}

Row measure(const Trace& trace, double percent, std::uint64_t entries) {
  Row row{.trace = trace.name,
          .accesses = trace.keys.size(),
          .distinct = trace.distinct,
          .percent = percent,
          .entries = entries,
          .optimum = optimal_hit_rate(trace, entries)};
  for (const Eviction policy : policies()) row.replays.push_back(replay(trace, entries, policy));
  return row;
}

void write_json(const Options& options, const std::vector<Row>& rows) {
  nlohmann::ordered_json context = describe_machine(std::filesystem::current_path());
  context["command"] = options.command;
  const nlohmann::ordered_json document{{"context", std::move(context)},
                                        {"results", to_json(rows)}};
  write_document(options.json, document);
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"Hit rates of the eviction policies.", "larder_hit_rate"};
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {
    return app.exit(end) == 0 ? 0 : 2;
  }
  for (int i = 1; i < argc; ++i) options.command += std::string(" ") + argv[i];

  std::vector<Trace> traces;
  if (options.traces.empty()) {
    std::cerr << "no recorded traces: name their folder by --traces or LARDER_TRACES\n";
  } else {
    traces = read_traces(options.traces);
  }
  for (Trace& trace : synthetic_traces()) traces.push_back(std::move(trace));
  std::vector<Row> rows;
  for (const Trace& trace : traces) {
    std::cerr << "running " << trace.name << "\n";
    for (const double percent : options.percents) {
      const auto entries = static_cast<std::uint64_t>(
          std::llround(static_cast<double>(trace.distinct) * percent / 100));
      if (entries >= smallest) rows.push_back(measure(trace, percent, entries));
    }
  }
  std::cout << to_table(rows);
  if (!options.json.empty()) write_json(options, rows);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace larder::bench

int main(int argc, char** argv) {
  try {
    return larder::bench::run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "larder_hit_rate: " << failure.what() << "\n";
    return EXIT_FAILURE;
  }
}
