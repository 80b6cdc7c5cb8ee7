// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/codec/standard.h"
#include "larder/codec/wholly_encodable.h"
#include "larder/container/detail/index_core.h"
#include "larder/container/index_items.h"
#include "larder/key/key.h"
#include "larder/key/key_prefix.h"

namespace larder {

/// A map from `K` to `V` in an engine, shared by threads and processes, that forgets nothing. It
/// knows two orders: that of the keys, and that in which they first came; a value that is replaced
/// keeps its place.
///
/// Every function is one step for all others: an update or a view of the engine, which joins the
/// one that the caller is in. So several containers change together in one `Engine::update()`.
/// Functions that change throw what that throws. A damaged entry is reported with `corrupt`, never
/// returned.
///
/// Thread-safe. A copy is another handle on the same index. Keeps the engine open.
template <KeyDecodable K, Encodable V>
class Index {
 public:
  using value_type = std::pair<K, V>;

  /// The index `name` of `engine`, made if there is none.
  /// @throws Error `invalid_argument` if it holds other types, or for a name that is empty or
  /// longer than 100 bytes
  Index(EnginePtr engine, std::string_view name)
      : core_(detail::IndexCore::open(std::move(engine), name, types())) {}

  [[nodiscard]] const EnginePtr& engine() const noexcept { return core_->engine(); }

  /// Entries.
  [[nodiscard]] std::uint64_t size() const { return core_->size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }

  /// The value of `key`, or nothing.
  [[nodiscard]] std::optional<V> get(const K& key) const {
    std::optional<V> found;
    core_->get(Key(key).bytes(), into(found));
    return found;
  }

  /// The value of `key`.
  /// @throws Error `invalid_argument` if there is none
  [[nodiscard]] V at(const K& key) const {
    std::optional<V> found = get(key);
    if (!found) core_->throw_missing(Key(key).bytes());
    return *std::move(found);
  }

  /// Whether there is a value of `key`, damaged or not.
  [[nodiscard]] bool contains(const K& key) const { return core_->contains(Key(key).bytes()); }

  /// Stores `value` under `key`. Returns whether the key is new.
  bool put(const K& key, const V& value) { return store(key, value, detail::Replacing::yes); }

  /// Stores `value` under `key` if there is none. Returns whether it did.
  bool add(const K& key, const V& value) { return store(key, value, detail::Replacing::no); }

  /// The value of `key`; if there is none, `value`, which is stored.
  V set_default(const K& key, const V& value) {
    std::optional<V> found;
    core_->set_default(Key(key).bytes(), encode(value), into(found));
    return *std::move(found);
  }

  /// Stores all pairs of key and value of `entries`, in one step. Returns how many keys are new.
  template <std::ranges::input_range Range>
  std::uint64_t update(const Range& entries) {
    std::vector<detail::EncodedEntry> encoded;
    if constexpr (std::ranges::sized_range<const Range>) {
      encoded.reserve(static_cast<std::size_t>(std::ranges::size(entries)));
    }
    for (const auto& [key, value] : entries) {
      encoded.emplace_back(to_bytes(Key(static_cast<const K&>(key)).bytes()),
                           encode(static_cast<const V&>(value)));
    }
    return core_->put(encoded, detail::Replacing::yes);
  }

  /// Removes `key`, whose value may be damaged. Returns whether it had one.
  bool erase(const K& key) { return core_->erase(Key(key).bytes()); }

  /// Takes the value of `key`, or nothing.
  std::optional<V> pop(const K& key) {
    std::optional<V> found;
    core_->pop(Key(key).bytes(), into(found));
    return found;
  }

  /// The first or last entry, which stays; nothing if there is none. Of keys that begin with the
  /// same 480 or so bytes any may be the first or last of these, here and in all that goes by key.
  [[nodiscard]] std::optional<value_type> peek_first(KeyOrder order = KeyOrder::insertion) const {
    return peek(order, Direction::forward);
  }
  [[nodiscard]] std::optional<value_type> peek_last(KeyOrder order = KeyOrder::insertion) const {
    return peek(order, Direction::backward);
  }

  /// Takes the first or last entry, or nothing.
  std::optional<value_type> pop_first(KeyOrder order = KeyOrder::insertion) {
    return pop(order, Direction::forward);
  }
  std::optional<value_type> pop_last(KeyOrder order = KeyOrder::insertion) {
    return pop(order, Direction::backward);
  }

  /// Stores `value` under the integer above all keys, or below all; 0 if there are none. Returns
  /// it. `pop_first(KeyOrder::key)` takes it out again: so an index is a queue.
  /// @throws Error `full` if that is no 64-bit integer
  std::int64_t push_back(const V& value)
    requires std::same_as<K, std::int64_t>
  {
    return core_->push(Direction::forward, encode(value));
  }
  std::int64_t push_front(const V& value)
    requires std::same_as<K, std::int64_t>
  {
    return core_->push(Direction::backward, encode(value));
  }

  /// Removes all entries. Returns how many there were.
  std::uint64_t clear() { return core_->clear(); }

  /// All entries as one moment saw them.
  [[nodiscard]] std::vector<value_type> snapshot(KeyOrder order = KeyOrder::insertion) const {
    std::vector<value_type> entries;
    core_->read_all(order, [&](BytesView key, BytesView value) {
      entries.emplace_back(Key::from_bytes(key).as<K>(), decode<V>(value));
    });
    return entries;
  }

  /// The entries one by one, for indexes of any size.
  [[nodiscard]] IndexItems<K, V> items(KeyOrder order = KeyOrder::insertion,
                                       Direction direction = Direction::forward) const {
    return {core_, order, direction, {}};
  }
  [[nodiscard]] auto begin() const { return items().begin(); }
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

  /// The entries with keys from `first` on and before `last`, in the order of the keys.
  [[nodiscard]] IndexItems<K, V> range(const K& first, const K& last,
                                       Direction direction = Direction::forward) const {
    return {core_,
            KeyOrder::key,
            direction,
            {.begin = to_bytes(Key(first).bytes()), .end = to_bytes(Key(last).bytes())}};
  }

  /// The entries whose keys begin with `prefix`, in the order of the keys.
  [[nodiscard]] IndexItems<K, V> range(const KeyPrefix& prefix,
                                       Direction direction = Direction::forward) const {
    return {core_, KeyOrder::key, direction, KeyRange::prefix(prefix.encoded())};
  }

  /// Whether the entries are those of `other`, pairs of key and value, in insertion order.
  template <std::ranges::input_range Range>
  friend bool operator==(const Index& index, const Range& other) {
    return std::ranges::equal(index.snapshot(), other, [](const auto& a, const auto& b) {
      return a.first == b.first && a.second == b.second;
    });
  }

  /// The same in any order. Reads all entries; a key that comes twice in `other` is none of them.
  template <std::ranges::input_range Range>
  [[nodiscard]] bool equal_unordered(const Range& other) const {
    std::map<Key, V> left;
    for (auto& [key, value] : snapshot()) left.emplace(Key(key), std::move(value));
    return std::ranges::all_of(other,
                               [&](const auto& entry) {
                                 const auto found = left.find(Key(entry.first));
                                 if (found == left.end() || !(found->second == entry.second))
                                   return false;
                                 left.erase(found);
                                 return true;
                               }) &&
           left.empty();
  }

 private:
  /// Keys say their kind; the schema tells apart what is finer than that.
  static consteval detail::ItemType types() {
    std::uint64_t keys = 0;
    if constexpr (WhollyEncodable<K>) keys = Codec<K>::schema();
    return {.schema = combined_schema(keys, Codec<V>::schema()),
            .name = detail::type_name<value_type>()};
  }

  static auto into(std::optional<V>& found) {
    return [&found](BytesView value) { found = decode<V>(value); };
  }
  static auto into(std::optional<value_type>& found) {
    return [&found](BytesView key, BytesView value) {
      found.emplace(Key::from_bytes(key).as<K>(), decode<V>(value));
    };
  }

  bool store(const K& key, const V& value, detail::Replacing replacing) {
    const detail::EncodedEntry entry(to_bytes(Key(key).bytes()), encode(value));
    return core_->put(std::span(&entry, 1), replacing) == 1;
  }

  std::optional<value_type> peek(KeyOrder order, Direction direction) const {
    std::optional<value_type> found;
    core_->peek(order, direction, into(found));
    return found;
  }
  std::optional<value_type> pop(KeyOrder order, Direction direction) {
    std::optional<value_type> found;
    core_->pop(order, direction, into(found));
    return found;
  }

  std::shared_ptr<detail::IndexCore> core_;
};

}  // namespace larder
