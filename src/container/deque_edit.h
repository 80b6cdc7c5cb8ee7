// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "container/deque_place.h"
#include "container/edit.h"

namespace larder::detail {

/// What one update does to a deque.
class DequeCore::Edit {
 public:
  Edit(const Place& place, WriteTxn& txn)
      : place_(place), txn_(txn), meta_(place.load(txn)), before_(meta_) {}

  [[nodiscard]] DequeMeta& meta() noexcept { return meta_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return meta_.size(); }
  [[nodiscard]] RunTree tree() { return {txn_, place_.keys, meta_.root}; }
  [[nodiscard]] RunEditor editor() { return {txn_, place_.keys, meta_.root}; }
  [[nodiscard]] WriteTxn& txn() noexcept { return txn_; }
  [[nodiscard]] const Place& place() const noexcept { return place_; }

  /// The index of the item at `end`; there must be one.
  [[nodiscard]] std::uint64_t index_of(DequeEnd end) const noexcept {
    return end == DequeEnd::front ? 0 : size() - 1;
  }

  void write(std::int64_t id, BytesView item) {
    Subspace::put(txn_, place_.item_key(id), place_.type.schema, item);
  }

  /// Numbers of items at either end go on in their direction, so that they stay one run.
  void insert(std::uint64_t index, BytesView item, DequeEnd numbers) {
    const std::int64_t id = new_number(numbers);
    write(id, item);  // before anything else, which would end the life of a view
    add_place(index, id, numbers);
  }

  /// Appends a place for an item that the caller stores. Returns its number.
  std::int64_t append_place() {
    const std::int64_t id = new_number(DequeEnd::back);
    add_place(size(), id, DequeEnd::back);
    return id;
  }

  void erase(std::uint64_t index, std::uint64_t count) {
    for (const Run& run : tree().slice(index, count)) {
      for (std::uint64_t i = 0; i < run.count; ++i) {
        erase_records(run.id(i));
      }
    }
    editor().cut(index, count);
  }

  /// Erases what is kept of the item `id` besides its place.
  void erase_records(std::int64_t id) {
    txn_.erase(place_.item_key(id).view());
    if (meta_.taking.next_token > 1) txn_.erase(place_.attempts_key(id).view());
  }

  /// Removes all items. Those that are taken stay.
  void clear() {
    if (meta_.taking.taken > 0) return erase(0, size());
    txn_.erase_range(place_.keys.range(DequeSpace::item));
    txn_.erase_range(place_.keys.range(DequeSpace::attempts));
    editor().assign({});
  }

  /// Removes what is beyond the limit.
  void enforce_limit(DequeEnd from) {
    if (size() <= meta_.max_size) return;
    const std::uint64_t excess = size() - meta_.max_size;
    erase(from == DequeEnd::front ? 0 : size() - excess, excess);
  }

  void save() {
    if (meta_ == before_) return;
    store_deque(txn_, place_.keys, place_.type, meta_);
    if (meta_.size() > before_.size()) wake(place_.has_items());
    // Nobody waits for room where there is no limit.
    const bool has_room = meta_.size() < before_.size() || meta_.max_size > before_.max_size;
    if (has_room && before_.max_size != no_limit) wake(place_.has_room());
  }

  /// Makes the deque if there is none.
  void make() { store_deque(txn_, place_.keys, place_.type, meta_); }

 private:
  [[nodiscard]] std::int64_t new_number(DequeEnd end) noexcept {
    return end == DequeEnd::front ? meta_.next_front-- : meta_.next_back++;
  }

  void add_place(std::uint64_t index, std::int64_t id, DequeEnd numbers) {
    editor().insert(index, {.first = id, .count = 1},
                    numbers == DequeEnd::front ? TakenPlaces::behind : TakenPlaces::before);
  }

  // The engine outlives its updates.
  void wake(const KeyBuffer& name) {
    txn_.at_end([engine = place_.engine.get(), name](UpdateEnd end) {
      if (end == UpdateEnd::committed) engine->notify(name.view());
    });
  }

  const Place& place_;
  WriteTxn& txn_;
  DequeMeta meta_;
  const DequeMeta before_;
};

template <typename Body>
auto DequeCore::update(Body body, const UpdateOptions& options) {
  return edit_in_update<Edit>(*place_, body, options);
}

}  // namespace larder::detail
