// SPDX-License-Identifier: Apache-2.0
// How long opening a large cache takes, and how much of the device a cache takes for what it holds.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/document.h"
#include "common/machine.h"
#include "common/spread.h"
#include "common/temporary_folder.h"
#include "larder/cache/cache.h"
#include "larder/cache/compact.h"
#include "larder/core/random.h"

namespace larder::bench {
namespace {

constexpr double goal_open_ms = 20.0;
constexpr double goal_ratio = 1.5;

struct Options {
  std::uint64_t entries = 1'000'000;
  std::uint32_t repetitions = 15;
  std::uint32_t overwrites = 10;
  std::uint64_t disk_bytes = 256U << 20U;
  std::uint64_t most_entries = 200'000;
  std::filesystem::path folder = std::filesystem::temp_directory_path();
  std::filesystem::path json = {};
};

std::string key_of(std::uint64_t number) { return "key-" + std::to_string(1'000'000'000 + number); }

double since_ms(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

void fill(Cache& cache, std::uint64_t entries, const Bytes& value) {
  constexpr std::uint64_t at_once = 1000;
  for (std::uint64_t i = 0; i < entries;) {
    cache.transact([&] {
      for (const std::uint64_t end = std::min(entries, i + at_once); i < end; ++i) {
        cache.put(key_of(i), value);
      }
    });
  }
}

/// Milliseconds until a cache is open and has answered once.
double time_open(const std::filesystem::path& folder) {
  const auto begin = std::chrono::steady_clock::now();
  const Cache cache = Cache::open({.path = folder});
  const bool is_there = cache.contains(key_of(0));
  const double ms = since_ms(begin);
  if (!is_there) throw std::runtime_error("a key that was put is not there");
  return ms;
}

/// Leaves a cache as a process does that is killed while it writes.
void be_killed(const std::filesystem::path& folder, const Bytes& value) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    try {
      Cache cache = Cache::open({.path = folder});
      for (std::uint64_t i = 0; i < 10'000; ++i) cache.put(key_of(i), value);
    } catch (const std::exception& failure) {
      std::cerr << "larder_footprint: " << failure.what() << "\n";
    }
    ::raise(SIGKILL);
  }
  if (pid < 0 || ::waitpid(pid, nullptr, 0) != pid) throw std::runtime_error("no child process");
}

nlohmann::ordered_json measure_open(const Options& options) {
  const TemporaryFolder folder(options.folder);
  const Bytes value(100, std::byte{1});
  {
    Cache cache = Cache::open({.path = folder.path()});
    fill(cache, options.entries, value);
  }
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const bool is_after_kill : {false, true}) {
    std::vector<double> times;
    for (std::uint32_t i = 0; i < options.repetitions; ++i) {
      if (is_after_kill) be_killed(folder.path(), value);
      times.push_back(time_open(folder.path()));
    }
    const Spread ms = spread_of(std::move(times));
    const std::string what = is_after_kill ? "open after 10,000 puts and kill -9" : "open";
    std::printf("%-36s %9.2f ms (%.2f - %.2f)\n", what.c_str(), ms.median, ms.min, ms.max);
    results.push_back({{"what", what},
                       {"entries", options.entries},
                       {"ms", ms.median},
                       {"ms_min", ms.min},
                       {"ms_max", ms.max},
                       {"goal_ms", goal_open_ms}});
  }
  return results;
}

/// Bytes that the device gave to the files in `folder`.
std::uint64_t device_bytes(const std::filesystem::path& folder) {
  std::uint64_t blocks = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    struct stat status{};
    if (::lstat(file.path().c_str(), &status) == 0) {
      blocks += static_cast<std::uint64_t>(status.st_blocks);
    }
  }
  return blocks * 512;
}

/// The same when nothing changes any more: what was put off has been done.
std::uint64_t settled_bytes(const std::filesystem::path& folder) {
  constexpr int calm_looks = 10;
  constexpr int most_looks = 200;
  std::uint64_t bytes = device_bytes(folder);
  for (int calm = 0, looks = 0; calm < calm_looks && looks < most_looks; ++looks) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    const std::uint64_t now = device_bytes(folder);
    calm = now == bytes ? calm + 1 : 0;
    bytes = now;
  }
  return bytes;
}

/// Fills a cache and overwrites all of it in random order, again and again.
nlohmann::ordered_json measure_size(const Options& options, std::uint32_t value_bytes) {
  const TemporaryFolder folder(options.folder);
  const std::uint64_t entries = std::min(options.most_entries, options.disk_bytes / value_bytes);
  const Bytes value(value_bytes, std::byte{1});
  const double live = static_cast<double>(entries * (key_of(0).size() + value_bytes));
  std::vector<std::uint64_t> order(entries);
  std::iota(order.begin(), order.end(), 0U);
  Random random(1);
  nlohmann::ordered_json result{{"value_bytes", value_bytes}, {"entries", entries}};
  const auto note = [&](const char* when) {
    const double ratio = static_cast<double>(settled_bytes(folder.path())) / live;
    std::printf("%8u bytes each, %-16s %6.2f x live data\n", value_bytes, when, ratio);
    result[when] = ratio;
  };
  {
    Cache cache = Cache::open({.path = folder.path()});
    for (std::uint32_t round = 0; round <= options.overwrites; ++round) {
      std::shuffle(order.begin(), order.end(), random);
      for (const std::uint64_t number : order) cache.put(key_of(number), value);
      cache.engine().sync();
      if (round == 0) note("filled");
    }
    note("overwritten");
  }
  note("closed");
  compact_cache({.path = folder.path()});
  note("compacted");
  result["goal_ratio"] = goal_ratio;
  return result;
}

void run(const Options& options) {
  nlohmann::ordered_json document{{"context", describe_machine(options.folder)}};
  document["open"] = measure_open(options);
  for (const std::uint32_t value_bytes : {100U, 1024U, 65536U, 1U << 20U}) {
    document["size"].push_back(measure_size(options, value_bytes));
  }
  if (options.json.empty()) return;
  document["context"]["load_after"] = load_average();
  write_document(options.json, document);
}

}  // namespace
}  // namespace larder::bench

int main(int argc, char** argv) {
  larder::bench::Options options;
  CLI::App app{"Time to open, and space on the device.", "larder_footprint"};
  app.add_option("--entries", options.entries, "of the cache that is opened")
      ->capture_default_str();
  app.add_option("--repetitions", options.repetitions, "times it is opened")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--overwrites", options.overwrites, "of everything")->capture_default_str();
  app.add_option("--disk-bytes", options.disk_bytes, "of values, to see what space they take")
      ->capture_default_str();
  app.add_option("--most-entries", options.most_entries, "however small they are")
      ->capture_default_str();
  app.add_option("--dir", options.folder, "folder below which the caches are made")
      ->check(CLI::ExistingDirectory);
  app.add_option("--json", options.json, "file that the numbers are written to");
  CLI11_PARSE(app, argc, argv);
  try {
    larder::bench::run(options);
    return EXIT_SUCCESS;
  } catch (const std::exception& failure) {
    std::cerr << "larder_footprint: " << failure.what() << "\n";
    return EXIT_FAILURE;
  }
}
