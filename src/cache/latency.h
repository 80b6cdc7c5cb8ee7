// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "larder/cache/latency.h"
#include "larder/core/clock.h"
#include "larder/engine/engine.h"

namespace larder::detail {

/// What is timed.
enum class Timed : std::uint8_t { hit, miss, put, erase, evict };
inline constexpr std::size_t timed_kinds = 5;

/// One in how many is timed.
enum class Sampling : std::uint8_t { reads = 64, writes = 8 };

/// Whether this thread times its next operation: at random, so that no rhythm of a program hides
/// half of what it does.
[[nodiscard]] bool is_sample(Sampling sampling) noexcept;

/// The latencies of a cache in shared memory.
///
/// Thread-safe.
class Latencies {
 public:
  Latencies(Engine& engine, const std::string& name);

  void add(Timed what, std::chrono::nanoseconds latency) const noexcept;
  [[nodiscard]] CacheLatencies read() const;
  void reset() const noexcept;

 private:
  [[nodiscard]] LatencyHistogram read(Timed what) const;

  bool is_read_only_ = false;          // nothing is counted then
  std::span<std::uint64_t> counters_;  // of each kind: the sum, then the buckets; atomic
};

/// Times one operation, if it is its turn.
class Stopwatch {
 public:
  Stopwatch(const Latencies& latencies, const Clock& clock, Sampling sampling) noexcept
      : latencies_(latencies), clock_(clock) {
    if (is_sample(sampling)) start_ = clock.steady_now();
  }
  /// One that always runs.
  Stopwatch(const Latencies& latencies, const Clock& clock) noexcept
      : latencies_(latencies), clock_(clock), start_(clock.steady_now()) {}

  /// Adds the time until now. What throws is not timed.
  void stop(Timed what) const noexcept {
    if (start_) latencies_.add(what, clock_.steady_now() - *start_);
  }

 private:
  const Latencies& latencies_;
  const Clock& clock_;
  std::optional<SteadyTime> start_;
};

}  // namespace larder::detail
