// SPDX-License-Identifier: Apache-2.0
#include "hit_rate/replay.h"

#include <array>
#include <chrono>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cache/policy/fifo.h"
#include "cache/policy/memory_residents.h"
#include "cache/policy/policies.h"
#include "larder/core/clock.h"

namespace larder::bench {
namespace {

struct alignas(4096) Page {
  std::byte bytes[4096];
};

class MemoryCache {
 public:
  MemoryCache(std::uint64_t entries, Eviction eviction)
      : limit_(entries),
        policy_(detail::make_policy(eviction, detail::table_size(entries, no_limit))),
        memory_(policy_->memory_bytes() / sizeof(Page) + 1) {
    policy_->attach({memory_.front().bytes, policy_->memory_bytes()});
    sequences_.reserve(entries);
  }

  /// Returns whether the key was there.
  bool access(std::uint64_t number) {
    std::array<std::byte, sizeof(number)> key{};
    std::memcpy(key.data(), &number, sizeof(number));
    const auto found = sequences_.find(number);
    if (found != sequences_.end()) {
      policy_->note_use(found->second, key);
      return true;
    }
    while (residents_.entries() >= limit_) evict();
    const std::uint64_t sequence = residents_.add(key);
    sequences_.emplace(number, sequence);
    policy_->note_store(sequence, key);
    return false;
  }

 private:
  void evict() {
    const std::optional<std::uint64_t> chosen = policy_->choose(residents_);
    const std::uint64_t victim =
        chosen && residents_.contains(*chosen) ? *chosen : residents_.first();
    const Bytes key = to_bytes(*residents_.key(victim));
    std::uint64_t number = 0;
    std::memcpy(&number, key.data(), sizeof(number));
    residents_.remove(victim);
    sequences_.erase(number);
    policy_->note_removal(victim, key, RemovalCause::evicted);
  }

  std::uint64_t limit_;
  std::unique_ptr<EvictionPolicy> policy_;
  std::vector<Page> memory_;
  detail::MemoryResidents residents_;
  std::unordered_map<std::uint64_t, std::uint64_t> sequences_;
};

double share(std::uint64_t hits, const Trace& trace) {
  return static_cast<double>(hits) / static_cast<double>(trace.keys.size());
}

/// When the key of each access is asked for again.
std::vector<std::uint64_t> next_uses(const Trace& trace) {
  std::vector<std::uint64_t> next(trace.keys.size());
  std::unordered_map<std::uint64_t, std::uint64_t> later;
  for (std::size_t i = trace.keys.size(); i-- > 0;) {
    const auto [found, is_last] = later.try_emplace(trace.keys[i], 0);
    // All that are never asked for again differ, as the set needs it.
    next[i] = is_last ? std::numeric_limits<std::uint64_t>::max() - i : found->second;
    found->second = i;
  }
  return next;
}

}  // namespace

Replay replay(const Trace& trace, std::uint64_t entries, Eviction eviction) {
  MemoryCache cache(entries, eviction);
  const SteadyTime start = Clock::system().steady_now();
  std::uint64_t hits = 0;
  for (const std::uint64_t key : trace.keys) hits += cache.access(key) ? 1U : 0U;
  const std::chrono::duration<double, std::nano> time = Clock::system().steady_now() - start;
  return {.hit_rate = share(hits, trace),
          .ns = time.count() / static_cast<double>(trace.keys.size())};
}

double optimal_hit_rate(const Trace& trace, std::uint64_t entries) {
  const std::vector<std::uint64_t> next = next_uses(trace);
  std::set<std::uint64_t> kept;  // by their next use: it tells the key as well
  std::uint64_t hits = 0;
  for (std::size_t i = 0; i < trace.keys.size(); ++i) {
    if (kept.erase(i) == 1) {
      ++hits;
    } else if (kept.size() >= entries) {
      kept.erase(std::prev(kept.end()));
    }
    kept.insert(next[i]);
  }
  return share(hits, trace);
}

}  // namespace larder::bench
