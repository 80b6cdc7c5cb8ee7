// SPDX-License-Identifier: Apache-2.0
#include "compare/schedule.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "common/temporary_folder.h"
#include "compare/peer.h"
#include "compare/store.h"
#include "compare/workload.h"

namespace larder::bench {
namespace {

/// Steps of a mixed load before it begins again.
constexpr std::uint32_t mixed_steps = 200'000;
constexpr std::uint32_t sustained_rounds = 10;
/// It is long, and its spread small.
constexpr std::uint32_t sustained_repetitions = 2;
/// Not measured: puts back what the mixed loads erased.
constexpr const char* refill = "refill";
constexpr std::uint64_t first_version = 1;
constexpr std::uint64_t second_version = 2;

/// Lets what the kernel has still to write not disturb the next store.
void write_back(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::syncfs(descriptor);
  ::close(descriptor);
}

/// One repetition: new stores, filled, used and removed.
class Round {
 public:
  Round(const Options& options, std::uint32_t number, std::vector<Measurement>& measurements)
      : options_(options), number_(number), measurements_(measurements), folder_(options.folder) {
    std::vector<std::string> names = options.peers;
    names.insert(names.begin(), std::string(subject_name));
    // Nobody is always first.
    std::rotate(names.begin(), names.begin() + number % static_cast<std::uint32_t>(names.size()),
                names.end());
    for (const std::string& name : names) {
      peers_.push_back(std::make_unique<Peer>(name, folder_.path() / name, options));
    }
  }

  void run(const std::function<void(const std::string&)>& progress) {
    for (const auto& peer : peers_) peer->prove();
    progress("put_new");
    run_loop("put_new", first_version);
    for (const char* operation : {"overwrite", "get_hit", "get_miss"}) {
      if (!options_.wants(operation) && !needs_overwrite(operation)) continue;
      progress(operation);
      run_loop(operation, second_version);
    }
    if (options_.wants("sustained") && number_ < sustained_repetitions) {
      progress("sustained");
      run_loop("sustained", second_version, sustained_rounds);
    }
    run_mixed(progress);
    if (options_.wants("erase")) {
      progress("erase");
      // What the mixed loads erased; the others are there.
      if (has_mixed()) run_loop(refill, second_version);
      run_loop("erase", second_version);
    }
  }

 private:
  /// What is got must have been overwritten.
  bool needs_overwrite(const std::string& operation) const {
    return operation == "overwrite" && options_.wants("get_hit");
  }

  void run_loop(const std::string& operation, std::uint64_t version, std::uint32_t rounds = 1) {
    const auto file = folder_.path() / (operation + ".plan");
    Plan plan = random_order(options_.keys, rounds, seed(operation));
    plan.resize(std::size_t{options_.calls_of(operation)} * rounds);
    const Action action = operation == "erase"            ? Action::erase
                          : operation.starts_with("get_") ? Action::get
                                                          : Action::put;
    for (std::uint32_t& step : plan) step |= static_cast<std::uint32_t>(action) << action_shift;
    write_plan(file, plan);
    for (const auto& peer : peers_) {
      // Of a part of the keys nobody knows which of them were overwritten.
      const bool is_any = operation == "get_hit" && options_.calls_of(operation) < options_.keys;
      Sample sample = peer->run({.loop = operation, .plan = file, .version = is_any ? 0 : version});
      // Here what was put off counts: there is enough of it to see.
      if (operation == "sustained") sample.us += sample.flush_us;
      write_back(folder_.path());
      if (operation == refill || !options_.wants(operation)) continue;
      add_sample(measurements_, operation, peer->name(), std::move(sample));
    }
  }

  bool has_mixed() const {
    return std::ranges::any_of(options_.processes, [&](std::uint32_t processes) {
      return options_.wants(mixed_name(processes));
    });
  }

  static std::string mixed_name(std::uint32_t processes) {
    return "mixed_" + std::to_string(processes);
  }

  void run_mixed(const std::function<void(const std::string&)>& progress) {
    for (const std::uint32_t processes : options_.processes) {
      const std::string operation = mixed_name(processes);
      if (!options_.wants(operation)) continue;
      progress(operation);
      std::vector<Request> requests;
      for (std::uint32_t i = 0; i < processes; ++i) {
        const auto file = folder_.path() / (operation + "." + std::to_string(i) + ".plan");
        write_plan(file, mixed_load(options_.keys, mixed_steps, seed(operation) + i));
        requests.push_back({.loop = operation,
                            .plan = file,
                            .version = second_version + 1 + i,
                            .seconds = options_.seconds});
      }
      for (const auto& peer : peers_) {
        add_sample(measurements_, operation, peer->name(), peer->run_together(requests));
        write_back(folder_.path());
      }
    }
  }

  /// What is erased is what was put back.
  [[nodiscard]] std::uint64_t seed(const std::string& loop) const {
    const std::string operation = loop == refill ? "erase" : loop;
    return std::hash<std::string>{}(operation) + number_ * 1000;
  }

  const Options& options_;
  std::uint32_t number_;
  std::vector<Measurement>& measurements_;
  TemporaryFolder folder_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace

std::vector<Measurement> measure(const Options& options,
                                 const std::function<void(const std::string&)>& progress) {
  std::vector<Measurement> measurements;
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    const std::string prefix =
        std::to_string(i + 1) + "/" + std::to_string(options.repetitions) + " ";
    Round round(options, i, measurements);
    round.run([&](const std::string& what) { progress(prefix + what); });
  }
  return measurements;
}

}  // namespace larder::bench
