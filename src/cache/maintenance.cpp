// SPDX-License-Identifier: Apache-2.0

// What removes many entries: in batches, one update each, so that others get their turn.

#include "cache/table.h"
#include "larder/cache/detail/cache_core.h"

namespace larder::detail {

namespace {

constexpr std::uint64_t batch = 256;
constexpr std::uint64_t eviction_batch = 32;
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
  return in_batches(*state_, [](Table& table) { return table.expire(batch); });
}

std::uint64_t CacheCore::evict() {
  return expire() + in_batches(*state_, [](Table& table) { return table.evict(eviction_batch); });
}

std::uint64_t CacheCore::erase_tag(std::string_view tag) {
  // What is stored from now on stays: so this comes to an end.
  const KeyRange range = state_->layout.tag_range(tag, state_->meta().next_sequence);
  return in_batches(*state_, [&](Table& table) { return table.erase_indexed(range, batch); });
}

std::uint64_t CacheCore::clear() {
  const KeyRange range = state_->layout.order_range(0, state_->meta().next_sequence);
  return in_batches(*state_, [&](Table& table) {
    Table::Batch done = table.erase_indexed(range, batch);
    if (done.is_last) table.wipe_if_empty();
    return done;
  });
}

void CacheCore::change_settings(const CacheSettings& settings) {
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
