// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/xxh3.h"
#include "larder/cache/cache.h"
#include "larder/codec/standard.h"

namespace larder::test {

/// A cache of integers as simple as it can be: everything in a list in insertion order, every
/// question answered by looking at all of it. Follows the documented rules of the real one.
class CacheModel {
 public:
  struct Entry {
    int key = 0;
    std::int64_t value = 0;
    WallTime expires_at = WallTime::max();
    std::set<std::string> tags = {};
    std::uint64_t used = 0;
  };

  /// An item of the queue.
  struct Item {
    std::int64_t value = 0;
    WallTime expires_at = WallTime::max();
  };

  /// With `shards`, what a write does in passing it does only in the shard of its key.
  explicit CacheModel(const CacheSettings& settings, std::uint64_t shards = 1)
      : settings_(settings), shards_(shards) {}

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t total = 0;
    for (const Entry& entry : entries_) total += size_of(entry);
    return total;
  }

  std::optional<std::int64_t> get(int key, WallTime now) {
    Entry* entry = live(key, now);
    if (entry == nullptr) return std::nullopt;
    entry->used = ++uses_;
    return entry->value;
  }

  /// Returns false if there is no room.
  bool put(const Entry& entry, WallTime now) {
    tidy(entry.key, now);
    return write(entry, now);
  }

  /// All or none.
  bool put_many(const std::vector<Entry>& entries, WallTime now) {
    const CacheModel before = *this;
    for (const Entry& entry : entries) tidy(entry.key, now);
    for (const Entry& entry : entries) {
      if (write(entry, now)) continue;
      *this = before;
      return false;
    }
    return true;
  }

  /// Returns whether it was stored; nothing if there is no room.
  std::optional<bool> swap(const Entry& entry, std::int64_t expected, WallTime now) {
    tidy(entry.key, now);
    drop_expired(entry.key, now);
    const Entry* old = find(entry.key);
    if (old == nullptr || old->value != expected) return false;
    if (!write(entry, now)) return std::nullopt;
    return true;
  }

  /// The live keys with `tag`, sorted.
  [[nodiscard]] std::vector<int> select(const std::string& tag, WallTime now) const {
    std::vector<int> found;
    for (const Entry& entry : entries_) {
      if (entry.tags.contains(tag) && now < entry.expires_at) found.push_back(entry.key);
    }
    std::ranges::sort(found);
    return found;
  }

  void push(const Item& item, bool front) {
    front ? queue_.push_front(item) : queue_.push_back(item);
  }
  std::optional<std::int64_t> peek(bool back, WallTime now) const {
    CacheModel copy = *this;
    return copy.pull(back, now);
  }
  std::optional<std::int64_t> pull(bool back, WallTime now) {
    while (!queue_.empty()) {
      const Item item = back ? queue_.back() : queue_.front();
      back ? queue_.pop_back() : queue_.pop_front();
      if (now < item.expires_at) return item.value;
    }
    return std::nullopt;
  }

  /// What is in the sub-cache.
  std::map<int, std::int64_t> within = {};

  /// Returns whether it was stored; nothing if there is no room.
  std::optional<bool> add(const Entry& entry, WallTime now) {
    tidy(entry.key, now);
    drop_expired(entry.key, now);
    if (find(entry.key) != nullptr) return false;
    if (!write(entry, now)) return std::nullopt;
    return true;
  }

  std::optional<std::int64_t> incr(int key, std::int64_t delta, WallTime now) {
    drop_expired(key, now);
    Entry entry{.key = key, .value = delta};
    if (const Entry* old = find(key)) {
      entry = *old;
      entry.value += delta;
    }
    if (!write(entry, now)) return std::nullopt;
    return entry.value;
  }

  bool touch(int key, WallTime expires_at, WallTime now) {
    drop_expired(key, now);
    Entry* entry = find(key);
    if (entry == nullptr) return false;
    entry->expires_at = expires_at;
    entry->used = ++uses_;
    return true;
  }

  std::optional<std::int64_t> erase(int key, WallTime now) {
    drop_expired(key, now);
    const Entry* entry = find(key);
    if (entry == nullptr) return std::nullopt;
    const std::int64_t value = entry->value;
    remove(key);
    return value;
  }

  std::uint64_t expire(WallTime now, std::uint64_t limit = no_limit) {
    std::uint64_t removed = 0;
    for (; removed < limit; ++removed) {
      const auto first = std::ranges::min_element(entries_, {}, &Entry::expires_at);
      if (first == entries_.end() || first->expires_at > now) break;
      entries_.erase(first);
    }
    return removed;
  }

  std::uint64_t erase_tag(const std::string& tag) {
    return std::erase_if(entries_, [&](const Entry& entry) { return entry.tags.contains(tag); });
  }

  std::uint64_t clear() {
    const std::uint64_t removed = entries_.size();
    entries_.clear();
    return removed;
  }

 private:
  [[nodiscard]] std::uint64_t shard_of(int key) const {
    return detail::xxh3_64(Key(key).bytes()) % shards_;
  }

  // What a write does in passing.
  void tidy(int key, WallTime now) {
    if (shards_ == 1) {
      expire(now, 16);
      return;
    }
    std::erase_if(entries_, [&](const Entry& entry) {
      return entry.expires_at <= now && shard_of(entry.key) == shard_of(key);
    });
  }

  static std::uint64_t size_of(const Entry& entry) {
    std::uint64_t size = Key(entry.key).bytes().size() + 56 + encode(entry.value).size();
    for (const std::string& tag : entry.tags) size += 2 + tag.size();
    return size;
  }

  Entry* find(int key) {
    const auto found = std::ranges::find(entries_, key, &Entry::key);
    return found == entries_.end() ? nullptr : &*found;
  }

  Entry* live(int key, WallTime now) {
    Entry* entry = find(key);
    return entry == nullptr || now >= entry->expires_at ? nullptr : entry;
  }

  void remove(int key) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; });
  }

  void drop_expired(int key, WallTime now) {
    if (find(key) != nullptr && live(key, now) == nullptr) remove(key);
  }

  bool write(Entry entry, WallTime now) {
    drop_expired(entry.key, now);
    if (size_of(entry) > settings_.max_bytes) return false;
    if (!make_room(entry, now)) return false;
    entry.used = ++uses_;
    if (Entry* old = find(entry.key)) {
      *old = entry;
    } else {
      entries_.push_back(entry);
    }
    return true;
  }

  bool make_room(const Entry& entry, WallTime now) {
    const Entry* old = find(entry.key);
    if (old != nullptr && size_of(entry) <= size_of(*old)) return true;
    const std::uint64_t old_size = old == nullptr ? 0 : size_of(*old);
    const std::uint64_t added = old == nullptr ? 1 : 0;
    const auto fits = [&] {
      return entries_.size() + added <= settings_.max_entries &&
             bytes() - old_size + size_of(entry) <= settings_.max_bytes;
    };
    while (!fits()) {
      if (expire(now, 64) > 0) continue;
      if (settings_.eviction == Eviction::none) return false;
      evict(entry.key);
    }
    return true;
  }

  void evict(int keep) {
    const bool is_lru = settings_.eviction == Eviction::lru;
    const Entry* victim = nullptr;
    for (const Entry& entry : entries_) {
      if (entry.key == keep) continue;
      if (victim == nullptr || (is_lru && entry.used < victim->used)) victim = &entry;
    }
    if (victim != nullptr) remove(int{victim->key});
  }

  CacheSettings settings_;
  std::uint64_t shards_;
  std::vector<Entry> entries_;
  std::deque<Item> queue_;
  std::uint64_t uses_ = 0;
};

}  // namespace larder::test
