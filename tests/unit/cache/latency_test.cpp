// SPDX-License-Identifier: Apache-2.0

// How long operations took: buckets, samples of a cache, and how Prometheus is told.

#include "larder/cache/latency.h"

#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cache/latency.h"
#include "larder/cache/cache.h"
#include "larder/cache/prometheus.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using std::chrono::nanoseconds;

/// A clock on which a microsecond passes whenever someone looks at it.
class TickingClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const noexcept override {
    return WallTime{std::chrono::days{20'000}};
  }
  [[nodiscard]] SteadyTime steady_now() const noexcept override {
    return SteadyTime{std::chrono::microseconds{ticks_.fetch_add(1)}};
  }

 private:
  mutable std::atomic<std::int64_t> ticks_ = 0;
};

TEST(LatencyHistogramTest, a_bucket_ends_where_the_next_begins) {
  for (std::size_t i = 0; i + 1 < LatencyHistogram::buckets; ++i) {
    const nanoseconds end = LatencyHistogram::upper_bound(i);
    EXPECT_EQ(LatencyHistogram::bucket_of(end), i);
    EXPECT_EQ(LatencyHistogram::bucket_of(end + nanoseconds{1}), i + 1);
  }
  EXPECT_EQ(LatencyHistogram::bucket_of(nanoseconds{-5}), 0U);
  EXPECT_EQ(LatencyHistogram::bucket_of(nanoseconds::max()), LatencyHistogram::buckets - 1);
  EXPECT_GT(LatencyHistogram::upper_bound(LatencyHistogram::buckets - 1), std::chrono::hours{1});
}

TEST(LatencyHistogramTest, every_power_of_two_ends_a_bucket) {
  for (unsigned power = 0; power < 42; ++power) {
    const nanoseconds bound{std::int64_t{1} << power};
    EXPECT_EQ(LatencyHistogram::upper_bound(LatencyHistogram::bucket_of(bound)), bound);
  }
}

TEST(LatencyHistogramTest, quantiles_are_at_most_a_quarter_too_large) {
  EXPECT_TRUE(rc::check([] {
    const auto raw = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
        rc::gen::inRange<std::int64_t>(1, 1LL << 40)));
    LatencyHistogram histogram;
    for (const std::int64_t value : raw) histogram.add(nanoseconds{value});
    std::vector<std::int64_t> sorted = raw;
    std::ranges::sort(sorted);
    for (const double q : {0.0, 0.5, 0.9, 0.99, 1.0}) {
      const auto place =
          static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
      const double exact = static_cast<double>(sorted[std::max<std::size_t>(place, 1) - 1]);
      const auto shown = static_cast<double>(histogram.quantile(q).count());
      RC_ASSERT(shown >= exact);
      RC_ASSERT(shown <= exact * 1.25 + 1);
    }
    RC_ASSERT(histogram.count() == raw.size());
  }));
}

TEST(LatencyHistogramTest, adds_and_subtracts) {
  LatencyHistogram a;
  a.add(nanoseconds{100}, 3);
  const LatencyHistogram before = a;
  a.add(nanoseconds{5000});
  LatencyHistogram since;
  since.add(nanoseconds{5000});
  EXPECT_EQ(a.since(before), since);
  since += before;
  EXPECT_EQ(since, a);
  EXPECT_EQ(before.since(a), before);  // it was reset meanwhile
  EXPECT_EQ(a.mean(), nanoseconds{1325});
  EXPECT_EQ(LatencyHistogram().quantile(0.5), nanoseconds{0});
  EXPECT_EQ(LatencyHistogram().mean(), nanoseconds{0});
}

TEST(LatencySamplingTest, takes_about_one_in_so_many_without_a_rhythm) {
  int reads = 0;
  int writes = 0;
  std::vector<int> gaps;
  for (int i = 0, last = 0; i < 640'000; ++i) {
    writes += detail::is_sample(detail::Sampling::writes) ? 1 : 0;
    if (!detail::is_sample(detail::Sampling::reads)) continue;
    ++reads;
    gaps.push_back(i - last);
    last = i;
  }
  EXPECT_NEAR(reads, 10'000, 1'000);
  EXPECT_NEAR(writes, 80'000, 4'000);
  EXPECT_GT(*std::ranges::max_element(gaps), *std::ranges::min_element(gaps) + 64);
}

class CacheLatencyTest : public testing::Test {
 protected:
  [[nodiscard]] Cache open() { return Cache::open({.path = folder_ / "c"}, {.clock = &clock_}); }

  static void use(Cache& cache) {
    for (int i = 0; i < 2'000; ++i) {
      cache.put(i % 10, i);
      (void)cache.get<int>(i % 10);
      (void)cache.get<int>(-1);
      cache.erase(i % 10);
    }
    cache.evict();
  }

  TempDir folder_{memory_folder()};
  TickingClock clock_;
};

TEST_F(CacheLatencyTest, samples_of_every_operation_are_kept) {
  Cache cache = open();
  use(cache);
  const CacheLatencies latencies = cache.stats().latencies;
  EXPECT_NEAR(static_cast<double>(latencies.hit.count()), 31, 25);
  EXPECT_NEAR(static_cast<double>(latencies.miss.count()), 31, 25);
  EXPECT_NEAR(static_cast<double>(latencies.put.count()), 250, 100);
  EXPECT_NEAR(static_cast<double>(latencies.erase.count()), 250, 100);
  EXPECT_EQ(latencies.evict.count(), 1U);
  EXPECT_GE(latencies.hit.mean(), std::chrono::microseconds{1});
  EXPECT_EQ(latencies.miss.total().count() % 1000, 0);
  cache.reset_stats();
  EXPECT_EQ(cache.stats().latencies.put.count(), 0U);
}

TEST_F(CacheLatencyTest, other_processes_count_too) {
  Cache cache = open();
  const ChildEnd end = run_in_child([&] {
    Cache mine = open();
    use(mine);
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(cache.stats().latencies.evict.count(), 1U);
  EXPECT_GT(cache.stats().latencies.put.count(), 100U);
}

/// Reads the text format again: samples by name and labels.
std::map<std::string, double> samples(const std::string& text) {
  std::map<std::string, double> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    const std::size_t space = line.rfind(' ');
    EXPECT_TRUE(found.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second)
        << line;
  }
  return found;
}

TEST(PrometheusTest, says_what_the_numbers_say) {
  CacheNumbers numbers{.stats = {.hits = 7, .misses = 3}, .entries = 5, .bytes = 99};
  numbers.settings.max_bytes = 1000;
  numbers.stats.latencies.put.add(nanoseconds{1024}, 2);
  numbers.stats.latencies.put.add(nanoseconds{1025});
  numbers.stats.latencies.put.add(std::chrono::minutes{1});
  const std::string text = to_prometheus(numbers);
  EXPECT_NE(text.find("# TYPE larder_cache_hits_total counter\nlarder_cache_hits_total 7\n"),
            std::string::npos);
  EXPECT_NE(text.find("# TYPE larder_cache_operation_duration_seconds histogram\n"),
            std::string::npos);
  auto found = samples(text);
  const std::string put = "larder_cache_operation_duration_seconds";
  EXPECT_EQ(found.at(put + R"(_bucket{operation="put",le="1.024e-06"})"), 2);
  EXPECT_EQ(found.at(put + R"(_bucket{operation="put",le="2.048e-06"})"), 3);
  EXPECT_EQ(found.at(put + R"(_bucket{operation="put",le="+Inf"})"), 4);
  EXPECT_EQ(found.at(put + R"(_count{operation="put"})"), 4);
  EXPECT_NEAR(found.at(put + R"(_sum{operation="put"})"), 60.000003073, 1e-9);
  EXPECT_EQ(found.at("larder_cache_max_size_bytes"), 1000);
  EXPECT_EQ(found.count("larder_cache_max_entries"), 0U);
}

TEST(PrometheusTest, labels_are_escaped_and_checked) {
  const std::string text = to_prometheus({}, {{"cache", "a\"b\\c\nd"}});
  EXPECT_NE(text.find(R"(larder_cache_hits_total{cache="a\"b\\c\nd"} 0)"), std::string::npos);
  EXPECT_NE(text.find(R"(cache="a\"b\\c\nd",operation="put",le="+Inf"})"), std::string::npos);
  for (const char* name : {"", "1a", "a-b", "__a", "le", "operation"}) {
    expect_kind(ErrorKind::invalid_argument, [&] { (void)to_prometheus({}, {{name, "x"}}); });
  }
}

TEST(PrometheusTest, buckets_only_grow) {
  CacheNumbers numbers;
  for (int i = 1; i < 40; ++i) numbers.stats.latencies.hit.add(nanoseconds{std::int64_t{1} << i});
  double last = 0;
  std::istringstream lines(to_prometheus(numbers));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("_bucket{operation=\"get_hit\"") == std::string::npos) continue;
    const double count = std::stod(line.substr(line.rfind(' ')));
    EXPECT_GE(count, last) << line;
    last = count;
  }
  EXPECT_EQ(last, 39);
}

}  // namespace
}  // namespace larder::test
