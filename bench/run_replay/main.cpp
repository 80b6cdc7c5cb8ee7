// SPDX-License-Identifier: Apache-2.0
//
// How long `larder run` takes, as a whole process, to replay a small result; and how long the
// machine takes to start a program that does nothing.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "common/document.h"
#include "common/machine.h"
#include "common/spread.h"
#include "common/temporary_folder.h"

extern char** environ;

namespace larder::bench {
namespace {

using Command = std::vector<std::string>;

constexpr double goal_ms = 5.0;

/// A file descriptor that new programs do not inherit, closed at the end of the scope.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& file, int flags)
      : number_(::open(file.c_str(), flags | O_CLOEXEC, 0600)) {
    if (number_ < 0) throw std::system_error(errno, std::generic_category(), file.string());
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number_); }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

/// Runs `command` with its output to `output`. Returns the time from before it started until it had
/// ended, in nanoseconds.
std::uint64_t time_of(const Command& command, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  pid_t pid = -1;
  int status = 0;
  const auto start = std::chrono::steady_clock::now();
  const int code =
      ::posix_spawnp(&pid, arguments.front(), &actions, nullptr, arguments.data(), environ);
  if (code == 0) ::waitpid(pid, &status, 0);
  const auto end = std::chrono::steady_clock::now();
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0) throw std::system_error(code, std::generic_category(), "start " + command.front());
  if (status != 0) throw std::runtime_error(command.front() + " failed");
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(end - start).count());
}

std::string output_of(const Command& command, const std::filesystem::path& file) {
  {
    const Descriptor out(file, O_WRONLY | O_CREAT | O_TRUNC);
    time_of(command, out.number());
  }
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The result is one that changes with each real run, so that a replay shows.
void prove(const Command& replay, const std::filesystem::path& folder) {
  const std::string first = output_of(replay, folder / "first");
  if (first.empty() || output_of(replay, folder / "second") != first) {
    throw std::runtime_error("the second run is no replay of the first");
  }
}

nlohmann::ordered_json report(const std::string& name, const std::vector<std::uint64_t>& times) {
  const Latencies latencies = latencies_of(times);
  const auto ms = [](double ns) { return ns / 1e6; };
  std::printf("%-16s %9.3f ms %9.3f ms %9.3f ms %9zu\n", name.c_str(), ms(latencies.p50),
              ms(latencies.p99), ms(latencies.worst), times.size());
  return {{"name", name},
          {"median_ms", ms(latencies.p50)},
          {"p99_ms", ms(latencies.p99)},
          {"worst_ms", ms(latencies.worst)},
          {"runs", times.size()}};
}

struct Options {
  std::string tool = LARDER_TOOL_FILE;
  unsigned runs = 200;
  std::filesystem::path folder = std::filesystem::temp_directory_path();
  std::filesystem::path json = {};
};

void measure(const Options& options) {
  const TemporaryFolder folder(options.folder);
  const Command nothing{"/bin/true"};
  const Command version{options.tool, "--version"};
  const Command replay{options.tool, "run", "--store", (folder.path() / "store").string(),
                       "--",         "sh",  "-c",      "date +%s%N; echo result"};
  prove(replay, folder.path());
  const Descriptor null("/dev/null", O_WRONLY);
  std::vector<std::uint64_t> floor;
  std::vector<std::uint64_t> starts;
  std::vector<std::uint64_t> replays;
  for (unsigned i = 0; i < options.runs; ++i) {
    floor.push_back(time_of(nothing, null.number()));
    starts.push_back(time_of(version, null.number()));
    replays.push_back(time_of(replay, null.number()));
  }
  std::printf("%-16s %12s %12s %12s %9s\n", "Benchmark", "Median", "p99", "Worst", "Runs");
  nlohmann::ordered_json context = describe_machine(options.folder);
  nlohmann::ordered_json results{report("true", floor), report("larder_version", starts),
                                 report("replay", replays)};
  results.back()["goal_ms"] = goal_ms;
  if (options.json.empty()) return;
  write_document(options.json, {{"context", context}, {"results", results}});
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"Times a replay by larder run as a whole process.", "larder_run_replay"};
  app.add_option("--tool", options.tool, "the larder to run")->capture_default_str();
  app.add_option("--runs", options.runs, "how often")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--dir", options.folder, "folder below which the store is made")
      ->check(CLI::ExistingDirectory);
  app.add_option("--json", options.json, "file that the numbers are written to");
  CLI11_PARSE(app, argc, argv);
  measure(options);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace larder::bench

int main(int argc, char** argv) {
  try {
    return larder::bench::run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "larder_run_replay: " << failure.what() << "\n";
    return EXIT_FAILURE;
  }
}
