// SPDX-License-Identifier: Apache-2.0
// What a call of a memoized function costs whose result is there, beside its peers.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/child_process.h"
#include "common/document.h"
#include "common/machine.h"
#include "common/spread.h"
#include "common/temporary_folder.h"
#include "common/usage.h"
#include "larder/core/random.h"
#include "memoize/fingerprints.h"
#include "memoize/subjects.h"

namespace larder::bench {
namespace {

constexpr double goal_ns_over_lookup = 60;
constexpr double goal_two_threads = 1.7;
constexpr double goal_over_diskcache = 8;
constexpr double goal_over_joblib = 20;

struct Options {
  int keys = 1'000;
  std::size_t calls = 30'000;
  std::uint32_t rounds = 100;
  std::string python = "/usr/bin/python3";
  std::filesystem::path folder = std::filesystem::temp_directory_path();
  std::filesystem::path json = {};
};

struct Times {
  std::vector<double> one_thread = {};   // ns of a call
  std::vector<double> two_threads = {};  // ns of a call, of both together
};

std::vector<int> random_keys(Random& random, int keys, std::size_t calls) {
  std::vector<int> wanted(calls);
  for (int& x : wanted) x = static_cast<int>(random.below(static_cast<std::uint64_t>(keys)));
  return wanted;
}

double time_calls(MemoSubject& subject, const std::vector<std::vector<int>>& wanted,
                  std::size_t threads) {
  std::vector<std::uint64_t> sums(threads);
  const std::uint64_t begin = now_ns();
  {
    std::vector<std::jthread> running;
    running.reserve(threads);
    for (std::size_t t = 1; t < threads; ++t) {
      running.emplace_back([&, t] { sums[t] = subject.call(wanted[t]); });
    }
    sums[0] = subject.call(wanted[0]);
  }
  const std::uint64_t time = now_ns() - begin;
  std::uint64_t expected = 0;
  std::uint64_t sum = 0;
  for (std::size_t t = 0; t < threads; ++t) {
    sum += sums[t];
    for (const int x : wanted[t]) expected += compute(x);
  }
  if (sum != expected) throw std::runtime_error(subject.name + " returned something else");
  return static_cast<double>(time) / static_cast<double>(threads * wanted[0].size());
}

/// Everybody gets the same keys in each round, and nobody is always first.
std::vector<Times> measure(std::vector<MemoSubject>& subjects, int keys, std::size_t calls,
                           std::uint32_t rounds) {
  Random random(1);
  std::vector<Times> times(subjects.size());
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const std::vector<std::vector<int>> wanted = {random_keys(random, keys, calls),
                                                  random_keys(random, keys, calls)};
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      const std::size_t which = (i + round) % subjects.size();
      times[which].one_thread.push_back(time_calls(subjects[which], wanted, 1));
      times[which].two_threads.push_back(time_calls(subjects[which], wanted, 2));
    }
  }
  return times;
}

/// Nanoseconds of a call, by name.
std::map<std::string, double> measure_python(const Options& options,
                                             const std::filesystem::path& folder) {
  ChildProcess child({options.python, LARDER_PYTHON_PEERS, folder.string(),
                      std::to_string(options.keys), std::to_string(options.calls),
                      std::to_string(options.rounds / 5 + 1)});
  std::istringstream lines(child.read_all());
  std::map<std::string, double> times;
  std::string name;
  for (double ns = 0; lines >> name >> ns;) times[name] = ns;
  return times;
}

void add(nlohmann::ordered_json& results, const std::string& name, const Times& times) {
  const Spread one = spread_of(times.one_thread);
  const Spread two = spread_of(times.two_threads);
  std::printf("%-20s %9.0f %9.0f %9.0f %9.0f   x%.2f\n", name.c_str(), one.median, one.min, one.max,
              two.min, one.min / two.min);
  results.push_back({{"name", name},
                     {"hit_ns", one.median},
                     {"hit_ns_min", one.min},
                     {"hit_ns_max", one.max},
                     {"two_threads_ns_min", two.min}});
}

void check(const char* what, double value, double goal, bool is_reached) {
  std::printf("%-44s %8.1f (goal %.1f)%s\n", what, value, goal, is_reached ? "" : " missed");
}

/// Of the least disturbed round.
double one_thread(const Times& times) { return spread_of(times.one_thread).min; }
double scaling(const Times& times) { return one_thread(times) / spread_of(times.two_threads).min; }

void check_goals(const std::vector<Times>& memory, const std::vector<Times>& shared,
                 const std::map<std::string, double>& python) {
  const double over_key = one_thread(memory[2]) - one_thread(memory[1]);
  check("ns of a hit over a lookup of its key", over_key, goal_ns_over_lookup,
        over_key <= goal_ns_over_lookup);
  check("two threads to one", scaling(memory[2]), goal_two_threads,
        scaling(memory[2]) >= goal_two_threads);
  const double diskcache = python.at("diskcache.memoize") / one_thread(shared[0]);
  check("times as fast as diskcache.memoize", diskcache, goal_over_diskcache,
        diskcache >= goal_over_diskcache);
  const double joblib = python.at("joblib.Memory") / one_thread(shared[0]);
  check("times as fast as joblib.Memory", joblib, goal_over_joblib, joblib >= goal_over_joblib);
}

void add(nlohmann::ordered_json& results, const FingerprintTimes& times) {
  const auto tell = [&](const char* name, std::uint64_t ns) {
    std::printf("%-44s %8.1f us\n", name, static_cast<double>(ns) / 1e3);
    results.push_back({{"name", name}, {"ns", ns}});
  };
  tell("fingerprint with 300 callees, first", times.first);
  tell("fingerprint with 300 callees, known", times.known);
  tell("memoize of it in a cache, first", times.first_memoize);
  tell("memoize of it in a cache, again", times.next_memoize);
}

void run(const Options& options) {
  const TemporaryFolder folder(options.folder);
  const FingerprintTimes fingerprints = time_fingerprints(folder.path() / "fingerprints");
  nlohmann::ordered_json context = describe_machine(options.folder);
  std::vector<MemoSubject> memory = memory_subjects(options.keys);
  const std::vector<Times> memory_times =
      measure(memory, options.keys, options.calls, options.rounds);
  const int few = std::max(options.keys / 20, 1);
  std::vector<MemoSubject> shared = cache_subjects(few, folder.path() / "larder");
  const std::vector<Times> shared_times = measure(shared, few, options.calls / 4, options.rounds);
  const std::map<std::string, double> python = measure_python(options, folder.path());

  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  std::printf("%-20s %9s %9s %9s %9s   %s\n", "a hit", "ns", "min", "max", "2 threads", "1 to 2");
  for (std::size_t i = 0; i < memory.size(); ++i) add(results, memory[i].name, memory_times[i]);
  for (std::size_t i = 0; i < shared.size(); ++i) add(results, shared[i].name, shared_times[i]);
  for (const auto& [name, ns] : python) {
    std::printf("%-20s %9.0f\n", name.c_str(), ns);
    results.push_back({{"name", name}, {"hit_ns", ns}});
  }
  add(results, fingerprints);
  check_goals(memory_times, shared_times, python);
  if (options.json.empty()) return;
  context["load_after"] = load_average();
  write_document(options.json, {{"context", context}, {"results", results}});
}

}  // namespace
}  // namespace larder::bench

int main(int argc, char** argv) {
  larder::bench::Options options;
  CLI::App app{"What a hit of a memoized function costs.", "larder_memoize"};
  app.add_option("--keys", options.keys, "different calls in memory; on disk a 20th")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--calls", options.calls, "calls in each round")->capture_default_str();
  app.add_option("--rounds", options.rounds, "rounds over all subjects")->capture_default_str();
  app.add_option("--python", options.python, "with diskcache and joblib")->capture_default_str();
  app.add_option("--dir", options.folder, "folder below which the caches are made")
      ->check(CLI::ExistingDirectory);
  app.add_option("--json", options.json, "file that the numbers are written to");
  CLI11_PARSE(app, argc, argv);
  try {
    larder::bench::leave_interruptions_to_children();
    larder::bench::run(options);
    return EXIT_SUCCESS;
  } catch (const std::exception& failure) {
    std::cerr << "larder_memoize: " << failure.what() << "\n";
    return EXIT_FAILURE;
  }
}
