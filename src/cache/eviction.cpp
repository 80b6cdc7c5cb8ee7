// SPDX-License-Identifier: Apache-2.0

// Which entries go when the cache is full.
//
// `fifo` takes the front of the insertion order, exactly as many as needed.
//
// `lru` cannot ask the database who was used longest ago: reads do not write it. Uses are noted in
// shared memory instead (recency.h), by sequence number, and a victim is found by comparing the
// notes of candidates. Up to 1024 entries all are candidates, so the order is exact. Above, 64
// places in the insertion order are drawn and 16 neighbours taken at each; the oldest three
// percent of a sample of a thousand lie, nearly always, among the oldest five percent of all. As
// looking at a thousand candidates costs some fifty microseconds, a thirty-second of the entries,
// and at most 32, go at a time.

#include <algorithm>
#include <functional>
#include <tuple>

#include "cache/table.h"
#include "larder/core/random.h"

namespace larder::detail {

namespace {

constexpr std::uint64_t exact_entries = 1024;
constexpr std::uint64_t places = 64;
constexpr std::size_t neighbours = 16;
constexpr std::uint64_t largest_batch = 32;
constexpr std::uint64_t expire_batch = 64;

struct Candidate {
  std::uint32_t age = 0;
  std::uint64_t sequence = 0;

  // Oldest use first; of those never used, first stored first.
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return std::tuple(~a.age, a.sequence) < std::tuple(~b.age, b.sequence);
  }
};

}  // namespace

bool Table::fits(const Need& need) const noexcept {
  const std::uint64_t entries = meta_.entries + need.entries;
  const std::uint64_t bytes = meta_.bytes + need.bytes - std::min(meta_.bytes, need.freed_bytes);
  return entries <= settings().max_entries && bytes <= settings().max_bytes;
}

bool Table::make_room(const Need& need) {
  bool is_counted = false;
  while (!fits(need)) {
    if (expire(expire_batch).removed > 0) continue;
    if (settings().eviction == Eviction::none) return false;
    if (evict_some(need) > 0) continue;
    // The counters say full, the indexes say empty: believe neither, once.
    if (is_counted) return false;
    recount();
    is_counted = true;
  }
  return true;
}

Table::Batch Table::evict() {
  if (settings().eviction == Eviction::none || fits({})) return {};
  const std::uint64_t removed = evict_some({});
  return {.removed = removed, .is_last = removed == 0};
}

std::uint64_t Table::evict_some(const Need& need) {
  const bool is_lru = settings().eviction == Eviction::lru;
  std::uint64_t removed = 0;
  for (const Indexed& victim : is_lru ? least_used(need.keep) : first_stored(need.keep)) {
    if (!is_lru && fits(need)) break;
    removed += remove_indexed(victim, Event::evicted) ? 1U : 0U;
  }
  return removed;
}

std::vector<Table::Indexed> Table::first_stored(std::uint64_t keep) {
  std::vector<Indexed> victims = collect(state_.layout.range(Space::order), largest_batch);
  std::erase_if(victims, [&](const Indexed& victim) { return victim.sequence == keep; });
  return victims;
}

std::vector<Table::Indexed> Table::least_used(std::uint64_t keep) {
  const Layout& layout = state_.layout;
  std::vector<Candidate> candidates;
  const auto look = [&](const KeyRange& range, std::size_t limit) {
    std::size_t seen = 0;
    txn_.scan(range, Direction::forward, [&](BytesView index_key, BytesView) {
      const std::uint64_t sequence = Layout::sequence_at_end(index_key);
      if (sequence != keep) candidates.push_back({state_.recency.age(sequence), sequence});
      return ++seen < limit ? Visit::more : Visit::stop;
    });
  };

  if (meta_.entries <= exact_entries) {
    look(layout.range(Space::order), exact_entries + 1);
  } else {
    const std::vector<Indexed> front = collect(layout.range(Space::order), 1);
    const std::uint64_t first = front.empty() ? 0 : front.front().sequence;
    const std::uint64_t end = meta_.next_sequence;
    Random random(end);  // any seed will do, if only it changes
    for (std::uint64_t i = 0; i < places; ++i) {
      look(layout.order_range(first + random.below(end - first), end), neighbours);
    }
  }
  // Drawn twice, it may have been used in between: the age does not tell that it is the same.
  std::ranges::sort(candidates, {}, &Candidate::sequence);
  const auto twice = std::ranges::unique(candidates, {}, &Candidate::sequence);
  candidates.erase(twice.begin(), twice.end());
  std::ranges::sort(candidates, std::less{});

  const std::uint64_t batch = std::clamp<std::uint64_t>(meta_.entries / 32, 1, largest_batch);
  candidates.resize(std::min<std::size_t>(candidates.size(), batch));
  std::vector<Indexed> victims;
  for (const Candidate& candidate : candidates) {
    const EngineKey at = layout.order(candidate.sequence);
    const std::optional<BytesView> key = txn_.get(at.view());
    if (key) victims.push_back({to_bytes(at.view()), to_bytes(*key), candidate.sequence});
  }
  return victims;
}

}  // namespace larder::detail
