// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/bench_plan.h"

#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "cli/bench/joined.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/settings_text.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

constexpr std::array all_durabilities = {Durability::durable, Durability::consistent,
                                         Durability::disposable};
constexpr std::array all_engines = {BenchEngine::lmdb, BenchEngine::memory};

/// "a,b" and "c" as "a", "b" and "c".
std::vector<std::string> split(const std::vector<std::string>& lists) {
  std::vector<std::string> words;
  for (const std::string& list : lists) {
    std::string_view rest = list;
    while (true) {
      const std::size_t comma = rest.find(',');
      words.emplace_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return words;
}

template <typename Kind, std::size_t count>
Kind parse_one(const std::array<Kind, count>& all, std::string_view what, std::string_view word) {
  std::string choice;
  for (const Kind kind : all) {
    if (to_string(kind) == word) return kind;
    choice += joined({choice.empty() ? "" : ", ", to_string(kind)});
  }
  throw UsageError(joined({"there is no ", what, " '", word, "': choose among ", choice}));
}

Eviction parse_policy(std::string_view word) {
  const Eviction policy = parse_eviction(word);
  if (policy == Eviction::custom) {
    throw UsageError("the eviction custom is a program's own: the tool cannot measure it");
  }
  return policy;
}

template <typename Kind, typename Parse>
std::vector<Kind> parse_each(const std::vector<std::string>& lists, std::vector<Kind> otherwise,
                             Parse parse) {
  if (lists.empty()) return otherwise;
  std::vector<Kind> kinds;
  for (const std::string& word : split(lists)) {
    const Kind kind = parse(word);
    if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
  }
  return kinds;
}

void check_range(std::uint64_t number, std::uint64_t least, std::uint64_t most,
                 const std::string& option) {
  if (number >= least && number <= most) return;
  throw UsageError(option + " takes " + std::to_string(least) + " to " + std::to_string(most));
}

void check_folder(const BenchPlan& plan) {
  struct stat status = {};
  const int result = Io::system().stat(plan.folder, status);
  if (result < 0 || !S_ISDIR(status.st_mode)) {
    throw UsageError("--dir " + plan.folder.string() + " is no directory");
  }
  // Values, what LMDB keeps of older pages, and the log.
  constexpr std::uint64_t copies = 3;
  constexpr std::uint64_t entry_bytes = 200;
  const std::uint64_t needed = copies * plan.keys * (plan.value_bytes + entry_bytes);
  const std::int64_t free = Io::system().free_bytes(plan.folder);
  const bool writes = std::ranges::any_of(plan.subjects, [](const BenchSubject& subject) {
    return subject.engine == BenchEngine::lmdb;
  });
  if (writes && free >= 0 && static_cast<std::uint64_t>(free) < needed) {
    throw UsageError(plan.folder.string() + " has " + human_size(static_cast<std::uint64_t>(free)) +
                     " free, and this may take " + human_size(needed) +
                     ": lower --keys or --value-size, or name another --dir");
  }
}

}  // namespace

std::string_view to_string(BenchOperation operation) noexcept {
  constexpr std::array<std::string_view, all_bench_operations.size()> names = {
      "put", "overwrite", "get", "miss", "erase"};
  return names[static_cast<std::size_t>(operation)];
}

std::string_view to_string(BenchEngine engine) noexcept {
  return engine == BenchEngine::lmdb ? "lmdb" : "memory";
}

std::string_view to_string(Durability durability) noexcept {
  switch (durability) {
    case Durability::durable:
      return "durable";
    case Durability::consistent:
      return "consistent";
    case Durability::disposable:
      break;
  }
  return "disposable";
}

std::string BenchSubject::name() const {
  std::string name(to_string(engine));
  if (durability) name.append(" ").append(to_string(*durability));
  return name.append(" ").append(to_string(policy));
}

std::uint64_t BenchPlan::total(BenchOperation operation) const noexcept {
  const bool is_once = operation == BenchOperation::put || operation == BenchOperation::erase;
  return is_once ? keys : calls;
}

std::uint64_t BenchPlan::share(BenchOperation operation, std::uint64_t worker) const noexcept {
  return (total(operation) + workers() - 1 - worker) / workers();
}

std::vector<BenchSubject> parse_subjects(const std::vector<std::string>& engines,
                                         const std::vector<std::string>& durabilities,
                                         const std::vector<std::string>& policies) {
  const auto engine_list = parse_each<BenchEngine>(
      engines, {BenchEngine::lmdb},
      [](const std::string& word) { return parse_one(all_engines, "engine", word); });
  const auto durability_list = parse_each<Durability>(
      durabilities, {Durability::consistent},
      [](const std::string& word) { return parse_one(all_durabilities, "durability", word); });
  const auto policy_list = parse_each<Eviction>(policies, {Eviction::w_tinylfu}, parse_policy);
  std::vector<BenchSubject> subjects;
  for (const BenchEngine engine : engine_list) {
    for (const Eviction policy : policy_list) {
      if (engine == BenchEngine::memory) subjects.push_back({engine, std::nullopt, policy});
      if (engine == BenchEngine::memory) continue;
      for (const Durability one : durability_list) subjects.push_back({engine, one, policy});
    }
  }
  return subjects;
}

void check_plan(const BenchPlan& plan) {
  constexpr std::uint64_t most_calls = 50'000'000;
  constexpr std::uint64_t most_bytes = std::uint64_t{256} << 20U;
  constexpr std::uint64_t most_workers = 256;
  check_range(plan.keys, 1, most_calls, "--keys");
  check_range(plan.calls, 1, most_calls, "--ops");
  check_range(plan.value_bytes, 1, most_bytes, "--value-size");
  check_range(plan.processes, 1, most_workers, "--processes");
  check_range(plan.threads, 1, most_workers, "--threads");
  check_range(plan.workers(), 1, most_workers, "--processes times --threads");
  check_range(plan.keys, plan.workers(), most_calls, "--keys, with so many at work,");
  const bool has_memory = std::ranges::any_of(plan.subjects, [](const BenchSubject& subject) {
    return subject.engine == BenchEngine::memory;
  });
  if (has_memory && plan.processes > 1) {
    throw UsageError("the engine memory belongs to one process: use --threads instead");
  }
  const bool has_none = std::ranges::any_of(
      plan.subjects, [](const BenchSubject& subject) { return subject.policy == Eviction::none; });
  if (has_none && plan.max_entries.value_or(no_limit) < plan.keys) {
    throw UsageError(
        "with --policy none a full cache refuses: --max-entries must not be below "
        "--keys");
  }
  if (plan.max_entries) check_range(*plan.max_entries, 1, no_limit, "--max-entries");
  check_folder(plan);
}

}  // namespace larder::cli
