// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace larder {

/// How long something took, many times over: counts in buckets whose bounds grow by a quarter of a
/// power of two, so that a quantile is at most 25 % too large.
///
/// Thread-compatible.
class LatencyHistogram {
 public:
  /// The last bucket also holds what took longer than 73 minutes.
  static constexpr std::size_t buckets = 164;

  /// Where a latency belongs. A bucket holds what took longer than the one before, up to and
  /// including `upper_bound()`.
  [[nodiscard]] static constexpr std::size_t bucket_of(std::chrono::nanoseconds latency) noexcept;
  /// The longest latency in bucket `index`.
  [[nodiscard]] static constexpr std::chrono::nanoseconds upper_bound(std::size_t index) noexcept;

  /// Adds `times` latencies.
  void add(std::chrono::nanoseconds latency, std::uint64_t times = 1) noexcept;
  /// Adds what another one holds.
  LatencyHistogram& operator+=(const LatencyHistogram& other) noexcept;
  /// What came after `earlier`, an older state of the same histogram.
  [[nodiscard]] LatencyHistogram since(const LatencyHistogram& earlier) const noexcept;

  /// How many latencies there are.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// How many of them are in bucket `index`.
  [[nodiscard]] std::uint64_t count_in(std::size_t index) const noexcept { return in_[index]; }
  /// Their sum.
  [[nodiscard]] std::chrono::nanoseconds total() const noexcept { return total_; }
  /// Their mean, 0 if there are none.
  [[nodiscard]] std::chrono::nanoseconds mean() const noexcept;
  /// The upper bound of the bucket where part `q` of them ends, 0.99 for example; 0 if there are
  /// none.
  [[nodiscard]] std::chrono::nanoseconds quantile(double q) const noexcept;

  friend bool operator==(const LatencyHistogram&, const LatencyHistogram&) = default;

 private:
  friend class LatencyHistogramAccess;

  std::array<std::uint64_t, buckets> in_ = {};
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds total_ = {};
};

/// How long the operations of a cache took, in all processes that use it. Sampled, so that watching
/// costs a read less than 3 ns: of reads one in 64, of `put` and `erase` one in 8, of the
/// rest each. Counts are those of the samples; `CacheStats` counts all.
struct CacheLatencies {
  LatencyHistogram hit = {};    ///< `get` and its like that found a value.
  LatencyHistogram miss = {};   ///< The same that found none.
  LatencyHistogram put = {};    ///< `put` and its like, with what they evict and the waiting.
  LatencyHistogram erase = {};  ///< `erase`.
  LatencyHistogram evict = {};  ///< Calls of `evict`, also by `change_settings`.

  CacheLatencies& operator+=(const CacheLatencies& other) noexcept {
    hit += other.hit;
    miss += other.miss;
    put += other.put;
    erase += other.erase;
    evict += other.evict;
    return *this;
  }
};

namespace detail {
// Buckets for each power of two, as a power of two.
inline constexpr unsigned latency_bits = 2;
inline constexpr std::uint64_t latency_steps = std::uint64_t{1} << latency_bits;
}  // namespace detail

constexpr std::size_t LatencyHistogram::bucket_of(std::chrono::nanoseconds latency) noexcept {
  using detail::latency_bits;
  using detail::latency_steps;
  // One less, so that a power of two ends a bucket.
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 1) - 1);
  if (value < latency_steps) return static_cast<std::size_t>(value);
  unsigned shift = 0;
  while ((value >> shift) >= 2 * latency_steps) ++shift;
  const std::uint64_t index = latency_steps * (shift + 1) + ((value >> shift) - latency_steps);
  return std::min<std::size_t>(static_cast<std::size_t>(index), buckets - 1);
}

constexpr std::chrono::nanoseconds LatencyHistogram::upper_bound(std::size_t index) noexcept {
  using detail::latency_steps;
  if (index < latency_steps) return std::chrono::nanoseconds{index + 1};
  const std::uint64_t shift = index / latency_steps - 1;
  const std::uint64_t step = index % latency_steps + latency_steps;
  return std::chrono::nanoseconds{(step + 1) << shift};
}

}  // namespace larder
