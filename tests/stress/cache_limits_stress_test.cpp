// SPDX-License-Identifier: Apache-2.0

// Eight processes fill a cache that is too small for what they store, under every policy: it never
// holds more than it may, what was erased or has expired never comes back, and counters are right.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/core/clock.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

constexpr int processes = 8;
constexpr std::uint64_t keys = 3000;
constexpr std::uint64_t most_bytes = 200'000;
constexpr std::uint64_t most_entries = 900;

/// Names the key, and is right for any size.
std::string value_of(std::uint64_t key, std::size_t size) {
  std::string value = std::to_string(key) + ":";
  value.resize(std::max(size, value.size()), static_cast<char>('a' + key % 26));
  return value;
}

class Filler {
 public:
  Filler(const CacheOptions& options, std::uint64_t number)
      : cache_(Cache::open(options, {.clock = &clock_})), random_(seed() + number) {
    clock_.set(Clock::system().now());
  }

  /// Returns how often something was not as it must be.
  int run(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps; ++i) step();
    return wrong_;
  }

 private:
  void step() {
    const std::uint64_t key = random_.below(keys) * random_.below(keys) / keys;  // some more often
    const std::uint64_t action = random_.below(100);
    if (action < 45) {
      const auto value = cache_.get<std::string>(key);
      expect(!value || *value == value_of(key, value->size()));
    } else if (action < 90) {
      const std::size_t size = action == 89 ? 20'000 : random_.below(1500);
      cache_.put(key, value_of(key, size), {.tags = {"t" + std::to_string(key % 50)}});
      expect(cache_.bytes() <= most_bytes && cache_.size() <= most_entries);
    } else if (action < 95) {
      // Of this process alone, and over before the next step.
      const std::string own = "own " + std::to_string(random_());
      cache_.put(own, 1, {.ttl = 1ms});
      clock_.advance(2ms);
      expect(!cache_.contains(own) && !cache_.get<int>(own));
    } else if (action < 97) {
      cache_.erase(key);
    } else if (action < 98) {
      cache_.erase_tag("t" + std::to_string(key % 50));
    } else {
      cache_.expire();
    }
  }
  void expect(bool condition) { wrong_ += condition ? 0 : 1; }

  ManualClock clock_;
  Cache cache_;
  Random random_;
  int wrong_ = 0;
};

class CacheLimits : public testing::TestWithParam<Eviction> {};

TEST_P(CacheLimits, hold_at_any_moment) {
  const TempDir folder{memory_folder()};
  const CacheOptions options{.path = folder / "c",
                             .settings = {.max_entries = most_entries,
                                          .max_bytes = most_bytes,
                                          .eviction = GetParam(),
                                          .file_above_bytes = 10'000},
                             .durability = Durability::disposable};
  const std::uint64_t steps = rounds(12'000, 1'200'000) / processes;
  static_cast<void>(seed());  // one for all processes
  std::vector<Child> children;
  children.reserve(processes);
  for (std::uint64_t number = 0; number < processes; ++number) {
    children.emplace_back([&] { return Filler(options, number).run(steps) == 0 ? 0 : 1; });
  }
  for (Child& child : children) {
    const ChildEnd end = child.wait(std::chrono::minutes{20});
    EXPECT_TRUE(end.is_good()) << end;
  }

  ManualClock later;  // than the clocks of all children
  later.set(Clock::system().now() + std::chrono::hours{1});
  Cache cache = Cache::open(options, {.clock = &later});
  EXPECT_LE(cache.bytes(), most_bytes);
  EXPECT_LE(cache.size(), most_entries);
  EXPECT_EQ(cache.verify().problems, std::vector<std::string>{});  // counts again
  EXPECT_GT(cache.stats().evicted, 0U);
  for (int tag = 0; tag < 50; ++tag) cache.erase_tag("t" + std::to_string(tag));
  cache.expire();
  EXPECT_EQ(cache.size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Policies, CacheLimits,
                         testing::Values(Eviction::fifo, Eviction::lru, Eviction::lfu,
                                         Eviction::sieve, Eviction::s3_fifo, Eviction::w_tinylfu,
                                         Eviction::mru, Eviction::random),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace larder::test
