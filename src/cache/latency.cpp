// SPDX-License-Identifier: Apache-2.0
#include "cache/latency.h"

#include <unistd.h>

#include <atomic>

#include "larder/core/random.h"

namespace larder {

void LatencyHistogram::add(std::chrono::nanoseconds latency, std::uint64_t times) noexcept {
  in_[bucket_of(latency)] += times;
  count_ += times;
  total_ += latency * static_cast<std::int64_t>(times);
}

LatencyHistogram& LatencyHistogram::operator+=(const LatencyHistogram& other) noexcept {
  for (std::size_t i = 0; i < buckets; ++i) in_[i] += other.in_[i];
  count_ += other.count_;
  total_ += other.total_;
  return *this;
}

LatencyHistogram LatencyHistogram::since(const LatencyHistogram& earlier) const noexcept {
  // After a reset nothing here is older than that.
  if (earlier.count_ > count_) return *this;
  LatencyHistogram result;
  for (std::size_t i = 0; i < buckets; ++i) {
    result.in_[i] = in_[i] - std::min(in_[i], earlier.in_[i]);
    result.count_ += result.in_[i];
  }
  result.total_ = std::max(total_ - earlier.total_, std::chrono::nanoseconds{});
  return result;
}

std::chrono::nanoseconds LatencyHistogram::mean() const noexcept {
  return count_ == 0 ? std::chrono::nanoseconds{} : total_ / static_cast<std::int64_t>(count_);
}

std::chrono::nanoseconds LatencyHistogram::quantile(double q) const noexcept {
  if (count_ == 0) return {};
  const double wanted = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
  std::uint64_t seen = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    if (in_[i] == 0) continue;
    seen += in_[i];
    last = i;
    if (static_cast<double>(seen) >= wanted) break;
  }
  return upper_bound(last);
}

class LatencyHistogramAccess {
 public:
  static void set(LatencyHistogram& histogram, std::size_t bucket, std::uint64_t count) {
    histogram.in_[bucket] = count;
    histogram.count_ += count;
  }
  static void set_total(LatencyHistogram& histogram, std::uint64_t total) {
    histogram.total_ = std::chrono::nanoseconds{total};
  }
};

namespace detail {

namespace {

using Shared = std::atomic_ref<std::uint64_t>;

constexpr std::size_t counters_of_each = 1 + LatencyHistogram::buckets;

// Another for each thread, so that many short threads are not all timed at their first operation.
std::uint64_t thread_seed() noexcept {
  static std::atomic<std::uint64_t> threads{0};
  return (static_cast<std::uint64_t>(::getpid()) << 32U) + threads.fetch_add(1);
}

struct Countdown {
  Random random{thread_seed()};
  std::array<std::uint32_t, 2> left = {refill(Sampling::reads), refill(Sampling::writes)};

  std::uint32_t refill(Sampling sampling) noexcept {
    // Between 0 and twice the period: in the mean the period.
    return static_cast<std::uint32_t>(random.below(2 * static_cast<std::uint64_t>(sampling) - 1));
  }
};

std::size_t first_counter(Timed what) noexcept {
  return static_cast<std::size_t>(what) * counters_of_each;
}

}  // namespace

bool is_sample(Sampling sampling) noexcept {
  static thread_local Countdown countdown;
  std::uint32_t& left = countdown.left[sampling == Sampling::reads ? 0 : 1];
  if (left-- != 0) return false;
  left = countdown.refill(sampling);
  return true;
}

Latencies::Latencies(Engine& engine, const std::string& name) {
  constexpr std::size_t count = timed_kinds * counters_of_each;
  const std::span<std::byte> memory =
      engine.shared_memory(name + ".latency", count * sizeof(std::uint64_t));
  is_read_only_ = engine.place().is_read_only;
  counters_ = {reinterpret_cast<std::uint64_t*>(memory.data()), count};
}

void Latencies::add(Timed what, std::chrono::nanoseconds latency) const noexcept {
  if (is_read_only_) return;
  const std::size_t first = first_counter(what);
  const auto amount = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
  Shared(counters_[first]).fetch_add(amount, std::memory_order_relaxed);
  Shared(counters_[first + 1 + LatencyHistogram::bucket_of(latency)])
      .fetch_add(1, std::memory_order_relaxed);
}

LatencyHistogram Latencies::read(Timed what) const {
  const std::size_t first = first_counter(what);
  LatencyHistogram histogram;
  LatencyHistogramAccess::set_total(histogram,
                                    Shared(counters_[first]).load(std::memory_order_relaxed));
  for (std::size_t i = 0; i < LatencyHistogram::buckets; ++i) {
    LatencyHistogramAccess::set(histogram, i,
                                Shared(counters_[first + 1 + i]).load(std::memory_order_relaxed));
  }
  return histogram;
}

CacheLatencies Latencies::read() const {
  return {.hit = read(Timed::hit),
          .miss = read(Timed::miss),
          .put = read(Timed::put),
          .erase = read(Timed::erase),
          .evict = read(Timed::evict)};
}

void Latencies::reset() const noexcept {
  for (std::uint64_t& counter : counters_) Shared(counter).store(0, std::memory_order_relaxed);
}

}  // namespace detail
}  // namespace larder
