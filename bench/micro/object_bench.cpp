// SPDX-License-Identifier: Apache-2.0

// What a hit costs: decoded and kept in this process, beside the cache and a map with a lock.

#include <benchmark/benchmark.h>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/temporary_folder.h"
#include "larder/cache/cache.h"
#include "larder/cache/object_tier.h"
#include "larder/core/random.h"

namespace larder::bench {
namespace {

constexpr std::uint64_t hot_keys = 1'000;

std::string name_of(std::uint64_t number) { return "key-" + std::to_string(100'000 + number); }

/// A cache with a hot set, shared by the threads of a benchmark.
class HotSet {
 public:
  HotSet()
      : folder_(std::filesystem::temp_directory_path()),
        cache_(Cache::open(
            {.path = folder_.path() / "cache", .settings = {.max_entries = 100 * hot_keys}})),
        tier_(cache_) {
    for (std::uint64_t i = 0; i < hot_keys; ++i) {
      keys.emplace_back(name_of(i));
      cache_.put(keys.back(), std::string(1024, 'v'));
      plain.emplace(name_of(i), std::make_shared<const std::string>(1024, 'v'));
    }
    cache_.engine().sync();
  }

  Cache& cache() { return cache_; }
  ObjectTier<std::string>& tier() { return tier_; }

  std::vector<Key> keys;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> plain;
  std::mutex mutex;

 private:
  TemporaryFolder folder_;
  Cache cache_;
  ObjectTier<std::string> tier_;
};

HotSet& hot_set() {
  static HotSet set;
  return set;
}

void hit_of_object_tier(benchmark::State& state) {
  HotSet& set = hot_set();
  Random random(static_cast<std::uint64_t>(state.thread_index()));
  for (auto _ : state) {
    benchmark::DoNotOptimize(set.tier().get(set.keys[random.below(hot_keys)]));
  }
}
BENCHMARK(hit_of_object_tier)->Threads(1)->Threads(2)->UseRealTime();

void hit_of_cache(benchmark::State& state) {
  HotSet& set = hot_set();
  Random random(static_cast<std::uint64_t>(state.thread_index()));
  for (auto _ : state) {
    benchmark::DoNotOptimize(set.cache().get<std::string>(set.keys[random.below(hot_keys)]));
  }
}
BENCHMARK(hit_of_cache)->Threads(1)->Threads(2)->UseRealTime();

void hit_of_map_with_mutex(benchmark::State& state) {
  HotSet& set = hot_set();
  Random random(static_cast<std::uint64_t>(state.thread_index()));
  for (auto _ : state) {
    const std::string key = name_of(random.below(hot_keys));
    const std::lock_guard<std::mutex> lock(set.mutex);
    benchmark::DoNotOptimize(std::shared_ptr<const std::string>(set.plain.find(key)->second));
  }
}
BENCHMARK(hit_of_map_with_mutex)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace larder::bench
