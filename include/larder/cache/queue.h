// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/cache/cache.h"

namespace larder {

/// An end of a queue, or of the insertion order of a cache.
enum class Side { front, back };

/// What `Queue::pull()` gives.
template <typename Value>
struct QueueItem {
  /// Its place in the queue, higher towards the back. Never used twice.
  std::int64_t id = 0;
  Value value;                                        ///< What was pushed.
  WallTime stored_at = {};                            ///< When it was pushed.
  std::optional<WallTime> expires_at = std::nullopt;  ///< When it expires, if ever.
  std::vector<std::string> tags = {};                 ///< Its tags, sorted.
};

/// A queue beside the keys of a cache, shared by threads and processes: each item goes to exactly
/// one of those who pull. Items are of any type that has a codec, and may expire; who pulls never
/// gets one that did. Pulled within a transaction, an item is back if that fails or its process
/// dies.
///
/// Nothing is evicted: with `max_entries` or `max_bytes`, `push()` throws `full` instead.
///
/// Thread-safe. A copy is another handle on the same queue. Keeps the cache open.
class Queue {
 public:
  /// The queue `name` of `cache`, made if there is none. `limits` are kept in the queue.
  /// @throws Error `invalid_argument` for a name that is empty or longer than 255 bytes
  Queue(const Cache& cache, std::string_view name, const CacheSettings& limits = {});

  /// The names of the queues of `cache`, sorted.
  [[nodiscard]] static std::vector<std::string> names(const Cache& cache);

  /// Removes the queue `name` of `cache` with all items. Returns whether there was one.
  static bool drop(Cache& cache, std::string_view name);

  /// Puts `value` at the `side`. Returns its id.
  /// @throws Error `full`
  template <Encodable Value>
  std::int64_t push(const Value& value, Side side = Side::back, const PutOptions& options = {}) {
    const Bytes encoded = encode(value);
    return core_->push(end_of(side), Codec<Value>::schema(), encoded, options);
  }

  /// Pushes text.
  std::int64_t push(std::string_view text, Side side = Side::back, const PutOptions& options = {}) {
    return push(std::string(text), side, options);
  }

  /// Takes the item at the `side`, or nothing if there is none. Removes on the way what is expired,
  /// damaged, or has lost its file.
  /// @throws Error `invalid_argument`, and leaves the item, if it is not a `Value`
  template <Encodable Value>
  std::optional<QueueItem<Value>> pull(Side side = Side::front) {
    std::optional<QueueItem<Value>> item;
    core_->pull(end_of(side), Codec<Value>::schema(), into(item));
    return item;
  }

  /// The same, and waits up to `timeout` for an item. Sleeps meanwhile, and wakes at once when any
  /// process pushes; within a second, if that process is killed in the middle of it.
  /// @throws Error `invalid_argument` also inside a transaction, which would keep others from
  /// pushing
  template <Encodable Value>
  std::optional<QueueItem<Value>> pull_within(std::chrono::nanoseconds timeout,
                                              Side side = Side::front) {
    std::optional<QueueItem<Value>> item;
    core_->pull_within(timeout, end_of(side), Codec<Value>::schema(), into(item));
    return item;
  }

  /// Waits up to `timeout` for an item, as `pull_within()` does, but leaves it: for who pulls it in
  /// a transaction. Returns whether there is one; somebody else may be faster to take it, or it may
  /// have expired.
  bool wait_within(std::chrono::nanoseconds timeout) const;

  /// The item that `pull()` would take, which stays. Writes nothing.
  template <Encodable Value>
  [[nodiscard]] std::optional<QueueItem<Value>> peek(Side side = Side::front) const {
    std::optional<QueueItem<Value>> item;
    core_->peek(end_of(side), Codec<Value>::schema(), into(item));
    return item;
  }

  /// Items, expired ones that are still stored included.
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }

  /// Removes all items in one step. Returns how many there were. Ids go on.
  std::uint64_t clear();

  /// The items as a cache, whose keys are the ids, for all else: settings, statistics, a walk.
  [[nodiscard]] Cache items() const;

 private:
  template <typename Value>
  static auto into(std::optional<QueueItem<Value>>& item) {
    return [&item](const Key& key, const detail::SeenEntry& entry) {
      item.emplace(QueueItem<Value>{.id = key.as<std::int64_t>(),
                                    .value = decode<Value>(entry.value),
                                    .stored_at = entry.stored_at,
                                    .expires_at = entry.expires_at,
                                    .tags = entry.tag_list()});
    };
  }

  static detail::QueueEnd end_of(Side side) noexcept {
    return side == Side::back ? detail::QueueEnd::back : detail::QueueEnd::front;
  }

  std::shared_ptr<detail::CacheCore> core_;
};

/// The key and the entry at one end of the insertion order of `cache`, or nothing. Passes over what
/// is expired. Counts as a use.
/// @throws Error `invalid_argument` if the value is not a `Value`
template <Encodable Value>
[[nodiscard]] std::optional<std::pair<Key, CacheEntry<Value>>> peek_item(const Cache& cache,
                                                                         Side side = Side::back) {
  std::optional<std::pair<Key, CacheEntry<Value>>> found;
  const auto order = side == Side::back ? Direction::backward : Direction::forward;
  detail::CacheAccess::core(cache)->peek_item(
      order, Codec<Value>::schema(), [&](const Key& key, const detail::SeenEntry& entry) {
        found.emplace(key, CacheEntry<Value>{.value = decode<Value>(entry.value),
                                             .stored_at = entry.stored_at,
                                             .expires_at = entry.expires_at,
                                             .tags = entry.tag_list(),
                                             .version = entry.version()});
      });
  return found;
}

}  // namespace larder
