// SPDX-License-Identifier: Apache-2.0
// What each eviction policy costs a get that hits, beside the policy `none`.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/document.h"
#include "common/machine.h"
#include "common/spread.h"
#include "common/temporary_folder.h"
#include "larder/cache/cache.h"
#include "larder/core/random.h"

namespace larder::bench {
namespace {

constexpr double goal_ratio = 1.1;

struct Options {
  std::uint64_t keys = 20'000;
  std::uint32_t value_bytes = 1024;
  std::uint32_t rounds = 300;
  std::uint32_t calls = 4'000;
  std::filesystem::path folder = std::filesystem::temp_directory_path();
  std::filesystem::path json = {};
};

/// A full cache under one policy: its limit is near, but is not reached.
struct Subject {
  Eviction policy;
  Cache cache;
  std::vector<double> ns = {};      // of one get, in each round
  std::vector<double> ratios = {};  // to `none` in the same round
};

Subject make_subject(Eviction policy, const std::filesystem::path& folder, const Options& options,
                     const std::vector<Key>& keys) {
  const CacheSettings settings{.max_entries = options.keys + 1, .eviction = policy};
  Subject subject{policy, Cache::open({.path = folder, .settings = settings})};
  const Bytes value(options.value_bytes, std::byte{1});
  for (const Key& key : keys) subject.cache.put(key, value);
  subject.cache.engine().sync();
  return subject;
}

/// Nanoseconds of one get, on average.
double time_gets(const Cache& cache, const std::vector<const Key*>& keys) {
  std::size_t found = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const Key* key : keys) found += cache.get<Bytes>(*key).has_value() ? 1U : 0U;
  const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - begin;
  if (found != keys.size()) throw std::runtime_error("a key that was put is not there");
  return time.count() / static_cast<double>(keys.size());
}

/// Everybody gets the same keys in each round, and nobody is always first.
void measure(std::vector<Subject>& subjects, const Options& options, const std::vector<Key>& keys) {
  Random random(1);
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    std::vector<const Key*> wanted(options.calls);
    for (const Key*& key : wanted) key = &keys[random.below(keys.size())];
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      Subject& subject = subjects[(i + round) % subjects.size()];
      subject.ns.push_back(time_gets(subject.cache, wanted));
    }
    for (Subject& subject : subjects) {
      subject.ratios.push_back(subject.ns.back() / subjects.front().ns.back());
    }
  }
}

nlohmann::ordered_json report(const std::vector<Subject>& subjects) {
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  std::printf("%-12s %10s %10s %10s   %s\n", "policy", "ns", "min", "max", "x none");
  for (const Subject& subject : subjects) {
    const Spread ns = spread_of(subject.ns);
    const double ratio = spread_of(subject.ratios).median;
    const std::string name(to_string(subject.policy));
    std::printf("%-12s %10.0f %10.0f %10.0f   %.3f%s\n", name.c_str(), ns.median, ns.min, ns.max,
                ratio, ratio > goal_ratio ? " missed" : "");
    results.push_back({{"policy", name},
                       {"get_ns", ns.median},
                       {"get_ns_min", ns.min},
                       {"get_ns_max", ns.max},
                       {"ratio", ratio},
                       {"goal_ratio", goal_ratio}});
  }
  return results;
}

void run(const Options& options) {
  const TemporaryFolder folder(options.folder);
  std::vector<Key> keys;
  for (std::uint64_t i = 0; i < options.keys; ++i) {
    keys.emplace_back("key-" + std::to_string(1'000'000'000 + i));
  }
  std::vector<Eviction> policies(all_evictions.rbegin(), all_evictions.rend());  // `none` is first
  std::erase(policies, Eviction::custom);
  std::vector<Subject> subjects;
  for (const Eviction policy : policies) {
    const std::string name(to_string(policy));
    subjects.push_back(make_subject(policy, folder.path() / name, options, keys));
  }
  nlohmann::ordered_json context = describe_machine(options.folder);
  measure(subjects, options, keys);
  const nlohmann::ordered_json results = report(subjects);
  if (options.json.empty()) return;
  context["load_after"] = load_average();
  write_document(options.json, {{"context", context}, {"results", results}});
}

}  // namespace
}  // namespace larder::bench

int main(int argc, char** argv) {
  larder::bench::Options options;
  CLI::App app{"What each eviction policy costs a get.", "larder_policies"};
  app.add_option("--keys", options.keys, "entries of each cache")->capture_default_str();
  app.add_option("--value-bytes", options.value_bytes, "size of values")->capture_default_str();
  app.add_option("--rounds", options.rounds, "rounds over all policies")->capture_default_str();
  app.add_option("--calls", options.calls, "gets in each round")->capture_default_str();
  app.add_option("--dir", options.folder, "folder below which the caches are made")
      ->check(CLI::ExistingDirectory);
  app.add_option("--json", options.json, "file that the numbers are written to");
  CLI11_PARSE(app, argc, argv);
  try {
    larder::bench::run(options);
    return EXIT_SUCCESS;
  } catch (const std::exception& failure) {
    std::cerr << "larder_policies: " << failure.what() << "\n";
    return EXIT_FAILURE;
  }
}
