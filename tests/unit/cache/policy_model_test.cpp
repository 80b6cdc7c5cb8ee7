// SPDX-License-Identifier: Apache-2.0

// Random histories: a cache with each policy holds, at every step, just what the naive form of the
// algorithm holds.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>

#include "larder/cache/cache.h"
#include "larder/core/random.h"
#include "naive_policies.h"
#include "policies.h"
#include "support/settings.h"

namespace larder::test {
namespace {

/// A cache of keys alone, with a naive policy.
class NaiveCache {
 public:
  NaiveCache(Eviction eviction, std::size_t limit)
      : policy_(naive_policy(eviction)), limit_(limit) {}

  bool get(int key) {
    const auto found = ids_.find(key);
    if (found == ids_.end()) return false;
    policy_->use(found->second, key);
    return true;
  }

  void put(int key) {
    if (get(key)) return;
    while (ids_.size() >= limit_) evict();
    ids_[key] = next_;
    policy_->store(next_++, key);
  }

  void erase(int key) {
    const auto found = ids_.find(key);
    if (found == ids_.end()) return;
    policy_->remove(found->second, key, false);
    ids_.erase(found);
  }

  [[nodiscard]] std::set<int> keys() const {
    std::set<int> keys;
    for (const auto& [key, id] : ids_) keys.insert(key);
    return keys;
  }

 private:
  void evict() {
    const std::uint64_t victim = policy_->victim();
    const auto found =
        std::ranges::find_if(ids_, [&](const auto& entry) { return entry.second == victim; });
    policy_->remove(victim, found->first, true);
    ids_.erase(found);
  }

  std::unique_ptr<NaivePolicy> policy_;
  std::size_t limit_;
  std::map<int, std::uint64_t> ids_;
  std::uint64_t next_ = 1;
};

std::set<int> keys_of(const Cache& cache) {
  std::set<int> keys;
  for (const Key& key : cache.keys()) keys.insert(key.as<int>());
  return keys;
}

class PolicyModel : public testing::TestWithParam<Eviction> {
 protected:
  /// Some keys are asked for often, most rarely; now and then a scan of new ones comes by.
  static int choose_key(Random& random, int& scan) {
    if (scan > 0) return 10'000 + scan--;
    if (random.below(200) == 0) scan = static_cast<int>(random.below(60));
    const std::uint64_t spread = random.below(4) == 0 ? 300 : 25;
    return static_cast<int>(random.below(spread));
  }

  static void expect_agreement(std::uint64_t seed, std::uint64_t limit, bool erases) {
    Random random(seed);
    NaiveCache naive(GetParam(), limit);
    Cache cache(open_memory_engine(), {.max_entries = limit, .eviction = GetParam()});
    for (int step = 0, scan = 0; step < 1500; ++step) {
      const int key = choose_key(random, scan);
      if (erases && random.below(10) == 0) {
        cache.erase(key);
        naive.erase(key);
      } else if (random.below(8) == 0) {
        cache.put(key, 1);
        naive.put(key);
      } else {
        const bool is_hit = cache.get<int>(key).has_value();
        ASSERT_EQ(is_hit, naive.get(key)) << "seed " << seed << ", step " << step;
        if (is_hit) continue;
        cache.put(key, 1);
        naive.put(key);
      }
      if (step % 10 == 0) {
        ASSERT_EQ(keys_of(cache), naive.keys()) << "seed " << seed << ", step " << step;
      }
    }
    EXPECT_TRUE(cache.verify().problems.empty());
    EXPECT_GT(cache.stats().evicted, 0U);
  }
};

TEST_P(PolicyModel, cache_agrees_with_the_naive_algorithm) {
  for (std::uint64_t seed = 1; seed <= rounds(4, 100); ++seed) {
    for (const unsigned limit : {1U, 2U, 7U, 40U, 130U}) expect_agreement(seed, limit, false);
  }
}

TEST_P(PolicyModel, cache_agrees_also_if_entries_are_erased) {
  for (std::uint64_t seed = 1; seed <= rounds(4, 100); ++seed) {
    for (const unsigned limit : {2U, 7U, 40U, 130U}) expect_agreement(seed + 1000, limit, true);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, PolicyModel, testing::ValuesIn(exact_policies), policy_name);

}  // namespace
}  // namespace larder::test
