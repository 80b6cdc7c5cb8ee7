// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "larder/cache/options.h"

namespace larder::cli {

/// What is measured, in this order.
enum class BenchOperation : std::uint8_t { put, overwrite, get, miss, erase };

inline constexpr std::array all_bench_operations = {BenchOperation::put, BenchOperation::overwrite,
                                                    BenchOperation::get, BenchOperation::miss,
                                                    BenchOperation::erase};

[[nodiscard]] std::string_view to_string(BenchOperation operation) noexcept;

enum class BenchEngine : std::uint8_t { lmdb, memory };

[[nodiscard]] std::string_view to_string(BenchEngine engine) noexcept;

/// One way to set up a cache.
struct BenchSubject {
  BenchEngine engine = BenchEngine::lmdb;
  std::optional<Durability> durability = std::nullopt;  ///< Not of the memory engine.
  Eviction policy = Eviction::w_tinylfu;

  /// `"lmdb consistent lru"`, `"memory lru"`.
  [[nodiscard]] std::string name() const;
};

/// `"durable"`.
[[nodiscard]] std::string_view to_string(Durability durability) noexcept;

/// What to measure.
struct BenchPlan {
  std::vector<BenchSubject> subjects = {};
  std::uint64_t keys = 10'000;                              ///< Calls of `put` and `erase`.
  std::uint64_t calls = 20'000;                             ///< Calls of the other operations.
  std::uint64_t value_bytes = 1024;                         ///< Size of each value.
  std::optional<std::uint64_t> max_entries = std::nullopt;  ///< Limit of the caches.
  std::uint64_t processes = 1;                              ///< Processes at work at once.
  std::uint64_t threads = 1;                                ///< Threads of each.
  std::filesystem::path folder = {};                        ///< Below which the stores are made.

  [[nodiscard]] std::uint64_t workers() const noexcept { return processes * threads; }
  /// How many calls one worker makes: of `total`, every `workers()`th.
  [[nodiscard]] std::uint64_t share(BenchOperation operation, std::uint64_t worker) const noexcept;
  /// Calls of all workers.
  [[nodiscard]] std::uint64_t total(BenchOperation operation) const noexcept;
};

/// The subjects that the words of the command line name, every combination once. Each word may be
/// a list with commas; no word stands for the default.
/// @throws UsageError that names what is wrong
[[nodiscard]] std::vector<BenchSubject> parse_subjects(const std::vector<std::string>& engines,
                                                       const std::vector<std::string>& durabilities,
                                                       const std::vector<std::string>& policies);

/// @throws UsageError if the numbers of `plan` make no sense together, or need more room than the
/// folder has
void check_plan(const BenchPlan& plan);

}  // namespace larder::cli
