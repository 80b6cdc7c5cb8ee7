// SPDX-License-Identifier: Apache-2.0
#include "memoize/subjects.h"

#define TBB_PREVIEW_CONCURRENT_LRU_CACHE 1
#include <tbb/concurrent_lru_cache.h>

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "larder/cache/cache.h"
#include "larder/cache/object_tier.h"
#include "larder/key/digest.h"
#include "larder/memo/memoize.h"

namespace larder::bench {

namespace {

/// A subject that calls `function(x)`, warmed up.
template <typename Function>
MemoSubject subject(std::string name, int keys, Function function) {
  for (int x = 0; x < keys; ++x) (void)function(x);
  return {std::move(name), [function = std::move(function)](std::span<const int> wanted) mutable {
            std::uint64_t sum = 0;
            for (const int x : wanted) sum += function(x);
            return sum;
          }};
}

MemoSubject lookup_of_ints(int keys) {
  auto map = std::make_shared<std::unordered_map<int, std::uint64_t>>();
  for (int x = 0; x < keys; ++x) map->emplace(x, compute(x));
  return subject("lookup of the int", keys, [map](int x) { return map->find(x)->second; });
}

struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept { return digest(key.bytes()).low; }
};

/// The same key as memoize has, made and looked up.
MemoSubject lookup_of_keys(int keys) {
  auto map = std::make_shared<std::unordered_map<Key, std::uint64_t, KeyHash>>();
  const CallKeys<int> key_of;
  for (int x = 0; x < keys; ++x) map->emplace(key_of(x), compute(x));
  return subject("lookup of the key", keys,
                 [map, key_of](int x) { return map->find(key_of(x))->second; });
}

/// What one writes by hand.
class LockedLru {
 public:
  explicit LockedLru(std::size_t most) : most_(most) {}

  std::uint64_t operator()(int x) {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(x);
    if (found != map_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return found->second->second;
    }
    if (map_.size() == most_) {
      map_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(x, compute(x));
    map_.emplace(x, order_.begin());
    return order_.front().second;
  }

 private:
  using Order = std::list<std::pair<int, std::uint64_t>>;

  std::size_t most_;
  std::mutex mutex_;
  Order order_;
  std::unordered_map<int, Order::iterator> map_;
};

MemoSubject larder_memory(Eviction eviction, int keys) {
  const auto most = 2 * static_cast<std::uint64_t>(keys);
  return subject("larder, " + std::string(to_string(eviction)), keys,
                 memoize(MemoryOptions{.max_entries = most, .eviction = eviction}, compute));
}

}  // namespace

std::vector<MemoSubject> memory_subjects(int keys) {
  std::vector<MemoSubject> subjects;
  subjects.push_back(lookup_of_ints(keys));
  subjects.push_back(lookup_of_keys(keys));
  for (const Eviction eviction :
       {Eviction::sieve, Eviction::lru, Eviction::lfu, Eviction::w_tinylfu}) {
    subjects.push_back(larder_memory(eviction, keys));
  }
  const auto most = 2 * static_cast<std::size_t>(keys);
  auto locked = std::make_shared<LockedLru>(most);
  subjects.push_back(subject("mutex and list", keys, [locked](int x) { return (*locked)(x); }));
  using Tbb = tbb::concurrent_lru_cache<int, std::uint64_t>;
  auto tbb_cache = std::make_shared<Tbb>(compute, most);
  subjects.push_back(
      subject("tbb::lru_cache", keys, [tbb_cache](int x) { return (*tbb_cache)[x].value(); }));
  return subjects;
}

std::vector<MemoSubject> cache_subjects(int keys, const std::filesystem::path& folder) {
  const Cache cache = Cache::open({.path = folder});
  std::vector<MemoSubject> subjects;
  subjects.push_back(
      subject("larder, in a cache", keys, memoize(cache, compute, {.name = "compute"})));
  subjects.push_back(
      subject("larder, two tiers", keys,
              memoize(ObjectTier<std::uint64_t>(cache), compute, {.name = "compute"})));
  return subjects;
}

}  // namespace larder::bench
