// SPDX-License-Identifier: Apache-2.0
#include "structures/options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace larder::bench {

Options parse_options(int argc, char** argv, int& exit_code) {
  Options options;
  options.folder = std::filesystem::temp_directory_path();
  CLI::App app{"Compares larder's containers and locks with diskcache's, side by side.",
               "larder_structures"};
  app.add_option("--repetitions", options.repetitions, "rounds over both")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "how long processes contend for a lock")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--groups", options.groups, "what to compare")
      ->delimiter(',')
      ->check(CLI::IsMember(options.groups))
      ->capture_default_str();
  app.add_option("--dir", options.folder, "folder below which everything is made")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_option("--json", options.json, "file that the numbers are written to");
  app.add_option("--python", options.python, "Python that has diskcache")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {
    exit_code = app.exit(end) == 0 ? 0 : 2;
  }
  options.command = "./dev bench structures";
  for (int i = 1; i < argc; ++i) options.command += std::string(" ") + argv[i];
  return options;
}

}  // namespace larder::bench
