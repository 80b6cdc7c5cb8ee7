// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bench/bench_plan.h"

namespace larder::cli {

/// What the processes of one measurement share: their meeting point, and every latency that they
/// saw. Anonymous shared memory, gone with the processes.
///
/// Thread-safe; each worker writes to its own part only.
class BenchArena {
 public:
  /// How one worker did one operation.
  struct Record {
    std::uint64_t begin_ns = 0;  ///< By a clock that all processes share.
    std::uint64_t end_ns = 0;
    std::uint64_t absent = 0;  ///< Calls that found no entry.
  };

  /// @throws Error `full` if there is no memory for it
  explicit BenchArena(const BenchPlan& plan);
  ~BenchArena();
  BenchArena(const BenchArena&) = delete;
  BenchArena& operator=(const BenchArena&) = delete;

  /// Waits until all workers are here.
  void meet() noexcept;

  /// Where a worker notes the nanoseconds of each of its calls.
  [[nodiscard]] std::span<std::uint64_t> samples(BenchOperation operation, std::uint64_t worker);
  [[nodiscard]] Record& record(BenchOperation operation, std::uint64_t worker);

  /// Tells how far the worker is; rough.
  void note_progress(BenchOperation operation, std::uint64_t calls) noexcept;
  /// What they are at.
  [[nodiscard]] BenchOperation operation() const noexcept;
  /// Calls of all operations that are done.
  [[nodiscard]] std::uint64_t done() const noexcept;

  /// Keeps the first message: why a worker gave up.
  void note_failure(std::string_view message) noexcept;
  /// Empty if none did.
  [[nodiscard]] std::string failure() const;

 private:
  struct Shared;

  [[nodiscard]] std::uint64_t calls_before(BenchOperation operation) const noexcept;

  BenchPlan plan_;
  std::size_t bytes_;
  Shared* shared_ = nullptr;
  std::uint64_t* samples_ = nullptr;
};

}  // namespace larder::cli
