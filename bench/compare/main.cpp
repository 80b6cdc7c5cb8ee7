// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <iostream>

#include "common/child_process.h"
#include "common/document.h"
#include "common/machine.h"
#include "common/report.h"
#include "compare/options.h"
#include "compare/schedule.h"
#include "compare/serve.h"
#include "compare/store.h"

namespace larder::bench {
namespace {

void write_json(const Options& options, nlohmann::ordered_json context,
                const std::vector<Measurement>& measurements) {
  context["load_after"] = load_average();
  context["command"] = options.command;
  context["keys"] = options.keys;
  context["calls"] = options.calls_of("overwrite");
  context["value_bytes"] = options.value_bytes;
  context["repetitions"] = options.repetitions;
  context["mixed_seconds"] = options.seconds;
  context["subject"] = "larder: Cache, consistent";
  const nlohmann::ordered_json document{{"context", std::move(context)},
                                        {"results", to_json(measurements)}};
  write_document(options.json, document);
}

int compare(int argc, char** argv) {
  int exit_code = -1;
  const Options options = parse_options(argc, argv, exit_code);
  if (exit_code >= 0) return exit_code;
  nlohmann::ordered_json context = describe_machine(options.folder);
  std::cerr << context.dump(2) << "\n";
  const std::vector<Measurement> measurements =
      measure(options, [](const std::string& what) { std::cerr << "running " << what << "\n"; });
  std::cout << to_table(measurements);
  if (!options.json.empty()) write_json(options, std::move(context), measurements);
  return errors_in(measurements) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(int argc, char** argv) {
  leave_interruptions_to_children();
  if (argc == 5 && std::string_view(argv[1]) == "--serve") {
    serve(*open_store(argv[2], argv[3]), std::stoul(argv[4]));
    return EXIT_SUCCESS;
  }
  return compare(argc, argv);
}

}  // namespace
}  // namespace larder::bench

int main(int argc, char** argv) {
  try {
    return larder::bench::run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "larder_compare: " << failure.what() << "\n";
    return EXIT_FAILURE;
  }
}
