// SPDX-License-Identifier: Apache-2.0

// What removes many entries: in batches, one update each, so that others get their turn.

#include <vector>

#include "cache/shards.h"
#include "cache/table.h"
#include "larder/cache/detail/cache_core.h"

namespace larder::detail {

namespace {

constexpr std::uint64_t batch = 256;
constexpr std::uint64_t eviction_batch = 32;
// What a write does in passing.
constexpr std::uint64_t expired_per_write = 16;
constexpr std::uint64_t swept_per_write = 16;
constexpr UpdateOptions freeing = {.deadline = std::nullopt, .frees_space = true};

/// Repeats `step(Table&)` until it says that it was the last. Returns how many entries went.
template <typename Step>
std::uint64_t in_batches(const CacheCore::State& state, Step step) {
  std::uint64_t removed = 0;
  for (;;) {
    const Table::Batch done = update(state, freeing, step);
    removed += done.removed;
    if (done.is_last) return removed;
  }
}

}  // namespace

std::uint64_t CacheCore::expire() {
  if (!parts_.empty()) return sum([&](CacheCore& part) { return part.expire(); });
  sweep();
  return in_batches(*state_, [](Table& table) { return table.expire(batch); });
}

std::uint64_t CacheCore::evict() {
  if (!parts_.empty()) return sum([&](CacheCore& part) { return part.evict(); });
  const Stopwatch watch(state_->latencies, *state_->hooks.clock);
  const std::uint64_t expired = expire();
  const std::uint64_t evicted =
      in_batches(*state_, [](Table& table) { return table.evict(eviction_batch); });
  watch.stop(Timed::evict);
  return expired + evicted;
}

std::uint64_t CacheCore::erase_tag(std::string_view tag) {
  if (!parts_.empty()) return sum([&](CacheCore& part) { return part.erase_tag(tag); });
  // What is stored from now on stays: so this comes to an end.
  const KeyRange range = state_->layout.tag_range(tag, state_->meta().next_sequence);
  return in_batches(*state_, [&](Table& table) { return table.erase_indexed(range, batch); });
}

std::uint64_t CacheCore::clear() {
  if (!parts_.empty()) return sum([&](CacheCore& part) { return part.clear(); });
  const std::uint64_t removed =
      update(*state_, freeing, [](Table& table) { return table.clear(); });
  // A hook wants to hear of each entry now. Else the rest of many goes with later writes.
  if (state_->hooks.on_remove) {
    sweep();
  } else {
    update(*state_, freeing, [](Table& table) { return table.sweep(batch); });
  }
  return removed;
}

void CacheCore::sweep() {
  in_batches(*state_, [](Table& table) { return table.sweep(batch); });
}

std::uint64_t Table::clear() {
  const std::uint64_t removed = meta_.entries;
  meta_.entries = 0;
  meta_.bytes = 0;
  meta_.cleared_below = meta_.next_sequence;
  state_.statistics.raise_cleared_below(meta_.cleared_below);
  tally_.add(Event::erased, removed);
  return removed;
}

Table::Batch Table::sweep(std::uint64_t limit) {
  if (meta_.swept_below == meta_.cleared_below) return {};
  const KeyRange range = state_.layout.order_range(meta_.swept_below, meta_.cleared_below);
  const std::vector<Indexed> found = collect(range, limit);
  for (const Indexed& one : found) remove_indexed(one, Event::erased);
  const bool is_last = found.size() < limit;
  meta_.swept_below = is_last ? meta_.cleared_below : found.back().sequence + 1;
  if (is_last) wipe_if_empty();
  return {.removed = 0, .is_last = is_last};
}

void Table::tidy() {
  expire(expired_per_write);
  sweep(swept_per_write);
}

void CacheCore::change_settings(const CacheSettings& settings) {
  if (!parts_.empty()) {
    const std::vector<CacheSettings> shares = divide(settings, parts_.size());
    for (std::size_t i = 0; i < parts_.size(); ++i) parts_[i]->change_settings(shares[i]);
    return;
  }
  (void)with_changes({}, settings);  // throws here rather than within the update
  update(*state_, {}, [&](Table& table) {
    table.set_settings(with_changes(table.settings(), settings));
    return true;
  });
  if (settings.max_age) {
    std::uint64_t next = 0;
    in_batches(*state_, [&](Table& table) { return table.limit_ages(next, batch); });
  }
  if (settings.max_entries || settings.max_bytes || settings.eviction || settings.max_age) evict();
}

}  // namespace larder::detail
