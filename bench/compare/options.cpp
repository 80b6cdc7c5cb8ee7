// SPDX-License-Identifier: Apache-2.0
#include "compare/options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "compare/store.h"

namespace larder::bench {
namespace {

std::vector<std::string> known_peers() {
  std::vector<std::string> names = store_names();
  std::erase(names, subject_name);
  names.emplace_back(diskcache_name);
  return names;
}

}  // namespace

bool Options::wants(const std::string& operation) const {
  return filter.empty() || std::any_of(filter.begin(), filter.end(), [&](const std::string& start) {
           return operation.starts_with(start);
         });
}

std::uint32_t Options::calls_of(const std::string& operation) const {
  const bool is_whole = operation == "put_new" || calls == 0;
  return is_whole ? keys : std::min(calls, keys);
}

Options parse_options(int argc, char** argv, int& exit_code) {
  Options options;
  bool is_quick = false;
  options.folder = std::filesystem::temp_directory_path();
  CLI::App app{"Compares larder's Cache with its peers, side by side.", "larder_compare"};
  app.add_option("--keys", options.keys, "entries in each store")
      ->check(CLI::Range(100U, 1U << 26U))
      ->capture_default_str();
  app.add_option("--calls", options.calls, "calls of what follows put_new; 0: one for each key")
      ->capture_default_str();
  app.add_option("--value-bytes", options.value_bytes, "size of each value")
      ->check(CLI::Range(16U, 1U << 24U))
      ->capture_default_str();
  app.add_option("--repetitions", options.repetitions, "rounds over all peers")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "length of each mixed load")->capture_default_str();
  app.add_option("--peers", options.peers, "whom to compare with")
      ->delimiter(',')
      ->check(CLI::IsMember(known_peers()))
      ->capture_default_str();
  app.add_option("--filter", options.filter, "only operations whose names begin so")
      ->delimiter(',');
  app.add_option("--processes", options.processes, "processes of the mixed loads; 0: none")
      ->delimiter(',')
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--dir", options.folder, "folder below which the stores are made")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_option("--json", options.json, "file that the numbers are written to");
  app.add_option("--python", options.python, "Python that has diskcache")->capture_default_str();
  app.add_flag("--quick", is_quick, "10,000 keys, two repetitions, half a second");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {
    exit_code = app.exit(end) == 0 ? 0 : 2;
  }
  std::erase(options.processes, 0U);
  if (is_quick) {
    if (app.count("--keys") == 0) options.keys = 10'000;
    if (app.count("--repetitions") == 0) options.repetitions = 2;
    if (app.count("--seconds") == 0) options.seconds = 0.5;
  }
  for (int i = 1; i < argc; ++i) options.command += std::string(" ") + argv[i];
  options.command = "./dev bench compare" + options.command;
  return options;
}

}  // namespace larder::bench
