// SPDX-License-Identifier: Apache-2.0

// Many entries at once, chosen by tag, by the beginning of their keys, or by a predicate. They are
// looked for in snapshots, which nobody waits for; only what goes is written.

#include "larder/cache/selection.h"

#include <algorithm>
#include <vector>

#include "cache/key_walk.h"
#include "cache/seen.h"
#include "cache/table.h"
#include "cache/tags.h"
#include "larder/cache/cache.h"
#include "larder/cache/detail/cache_core.h"

namespace larder {

namespace detail {

namespace {

constexpr std::size_t batch_entries = 256;

bool has_tag(const Record& record, std::string_view wanted) {
  bool found = false;
  for_each_tag(record.tags, [&](std::string_view tag) { found |= tag == wanted; });
  return found;
}

/// Whether the live `record` of `key` is one of the `selection`.
bool is_selected(const Selection& selection, const Key& key, const Record& record) {
  const auto begins = [&](BytesView prefix) {
    return key.bytes().size() >= prefix.size() && equal(key.bytes().first(prefix.size()), prefix);
  };
  if (record.schema == absent_schema) return false;
  if (selection.prefix && !begins(selection.prefix->encoded())) return false;
  if (selection.tag && !has_tag(record, *selection.tag)) return false;
  return !selection.matches || selection.matches(key, entry_info(record));
}

/// Walks over the keys that may be those of a selection.
KeyWalk walk_over(const std::shared_ptr<const CacheCore>& core, const Selection& selection) {
  if (selection.tag) return KeyWalk::over_tag(core, *selection.tag);
  if (selection.prefix) return KeyWalk::over_prefix(core, selection.prefix->encoded());
  return {core, KeyOrder::insertion, Direction::forward};
}

}  // namespace

void CacheCore::select(const Selection& selection, FunctionRef<void(const Key& key)> visit) const {
  for (const auto& part : parts_) part->select(selection, visit);
  if (!parts_.empty()) return;
  KeyWalk walk = walk_over(shared_from_this(), selection);
  while (walk.next()) {
    const EngineKey at = state_->layout.record(walk.key().bytes());
    const bool is_chosen = state_->engine->view([&](ReadTxn& txn) {
      const std::optional<BytesView> stored = txn.get(at.view());
      const std::optional<Record> record = stored ? open_record(*stored, at.view()) : std::nullopt;
      return record && !record->is_expired(state_->hooks.clock->now()) &&
             !state_->is_cleared(txn, *record) && is_selected(selection, walk.key(), *record);
    });
    if (is_chosen) visit(walk.key());
  }
}

std::uint64_t CacheCore::erase_selected(const Selection& selection) {
  if (!parts_.empty()) {
    return sum([&](CacheCore& part) { return part.erase_selected(selection); });
  }
  std::uint64_t removed = 0;
  std::vector<Key> batch;
  const auto erase_batch = [&] {
    removed += update(*state_, {.deadline = std::nullopt, .frees_space = true}, [&](Table& table) {
      std::uint64_t count = 0;
      for (const Key& key : batch) {
        // It may have changed since it was chosen.
        const std::optional<Record> now = table.find(key.bytes(), IfStale::kept);
        if (!now || !is_selected(selection, key, *now)) continue;
        // The predicate may have read an entry whose expiry moves with each use.
        const std::optional<Record> record = table.find(key.bytes(), IfStale::kept);
        if (!record) continue;
        table.remove(key.bytes(), *record, Event::erased);
        ++count;
      }
      return count;
    });
    batch.clear();
  };
  select(selection, [&](const Key& key) {
    batch.push_back(key);
    if (batch.size() == batch_entries) erase_batch();
  });
  if (!batch.empty()) erase_batch();
  return removed;
}

}  // namespace detail

std::vector<Key> Cache::select(const Selection& selection) const {
  std::vector<Key> keys;
  core_->select(selection, [&](const Key& key) { keys.push_back(key); });
  return keys;
}

std::uint64_t Cache::count(const Selection& selection) const {
  std::uint64_t count = 0;
  core_->select(selection, [&](const Key&) { ++count; });
  return count;
}

std::uint64_t Cache::erase_selected(const Selection& selection) {
  return core_->erase_selected(selection);
}

}  // namespace larder
