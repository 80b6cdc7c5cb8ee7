// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/child_process.h"
#include "common/document.h"
#include "common/machine.h"
#include "common/report.h"
#include "common/temporary_folder.h"
#include "structures/loops.h"
#include "structures/options.h"
#include "structures/side.h"

namespace larder::bench {
namespace {

constexpr std::uint32_t items = 10'000;
constexpr std::uint32_t backlog = 20'000;
constexpr std::uint32_t turns = 2'000;
constexpr std::uint32_t handed_over = 500;
constexpr std::size_t contending = 8;

/// What is measured, and the processes that do it at once.
struct Operation {
  std::string name;
  std::vector<Request> requests;
};

Operation alone(const std::string& name, std::uint32_t calls) {
  return {name, {{.loop = name, .calls = calls}}};
}

/// The operations of a group, which build on each other.
std::vector<Operation> operations_of(const std::string& group, const Options& options) {
  if (group == "deque") {
    return {alone("deque_append", items),
            alone("deque_at", 200),
            alone("deque_rotate", 200),
            alone("deque_popleft", items / 2),
            alone("deque_appendleft", items / 2),
            alone("deque_pop", items),
            {"deque_hand_over",
             {{.loop = "take", .calls = handed_over}, {.loop = "give", .calls = handed_over}}}};
  }
  if (group == "index") {
    return {alone("index_put", items), alone("index_get", items), alone("index_pop", items)};
  }
  if (group == "cache") {
    return {alone("queue_push", backlog), alone("queue_pull", backlog), alone("evict_put", items)};
  }
  return {alone("lock", turns),
          alone("rlock", turns),
          alone("semaphore", turns),
          alone("throttle", turns),
          alone("averager_add", turns),
          {"lock_contended_8",
           std::vector<Request>(contending, {.loop = "contend", .seconds = options.seconds})}};
}

/// Both sides take turns at every operation, so that what disturbs the machine disturbs both.
std::vector<Measurement> measure(const Options& options) {
  std::vector<Operation> wanted;
  for (const std::string& group : options.groups) {
    std::ranges::move(operations_of(group, options), std::back_inserter(wanted));
  }
  std::vector<Measurement> measurements;
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    const TemporaryFolder folder(options.folder);
    Side larder(std::string(subject_name), folder.path() / "larder", {"/proc/self/exe", "--serve"});
    Side diskcache(std::string(diskcache_name), folder.path() / "diskcache",
                   {options.python, LARDER_DISKCACHE_LOOPS});
    for (const Operation& operation : wanted) {
      std::cerr << "running " << i + 1 << "/" << options.repetitions << " " << operation.name
                << "\n";
      for (const bool first : {true, false}) {
        Side& side = first == (i % 2 == 0) ? larder : diskcache;
        add_sample(measurements, operation.name, side.name(), side.run(operation.requests));
      }
    }
  }
  return measurements;
}

int compare(int argc, char** argv) {
  int exit_code = -1;
  const Options options = parse_options(argc, argv, exit_code);
  if (exit_code >= 0) return exit_code;
  nlohmann::ordered_json context = describe_machine(options.folder);
  std::cerr << context.dump(2) << "\n";
  const std::vector<Measurement> measurements = measure(options);
  std::cout << to_table(measurements);
  if (!options.json.empty()) {
    context["load_after"] = load_average();
    context["command"] = options.command;
    context["repetitions"] = options.repetitions;
    context["subject"] = "larder: containers, queues and locks, consistent";
    write_document(options.json, {{"context", context}, {"results", to_json(measurements)}});
  }
  return errors_in(measurements) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(int argc, char** argv) {
  leave_interruptions_to_children();
  if (argc == 3 && std::string_view(argv[1]) == "--serve") {
    serve_loops(argv[2]);
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
    std::cerr << "larder_structures: " << failure.what() << "\n";
    return EXIT_FAILURE;
  }
}
