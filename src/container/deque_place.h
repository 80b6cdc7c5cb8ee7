// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "container/damage.h"
#include "container/deque_meta.h"
#include "larder/container/detail/deque_core.h"

namespace larder::detail {

/// Where a deque is, and its items.
struct DequeCore::Place {
  EnginePtr engine;
  Subspace keys;
  ItemType type;
  std::string boot = engine->place().boot;

  /// Where the dead letters of this deque are.
  [[nodiscard]] Place dead_letters() const {
    // Stored on disk: never change.
    return {.engine = engine,
            .keys = Subspace("dead letters of " + keys.kind(), keys.name()),
            .type = type,
            .boot = boot};
  }

  [[nodiscard]] DequeMeta load(ReadTxn& txn) const { return load_deque(txn, keys, type); }

  /// What is notified when items came, and when there is room for more.
  [[nodiscard]] KeyBuffer has_items() const { return keys.key(DequeSpace::item); }
  [[nodiscard]] KeyBuffer has_room() const { return keys.key(DequeSpace::meta); }

  [[nodiscard]] KeyBuffer item_key(std::int64_t id) const { return keys.key(DequeSpace::item, id); }

  [[nodiscard]] KeyBuffer taken_key(std::int64_t id) const {
    return keys.key(DequeSpace::taken, id);
  }
  [[nodiscard]] KeyBuffer attempts_key(std::int64_t id) const {
    return keys.key(DequeSpace::attempts, id);
  }

  /// The item `id`, or nothing if it is gone.
  [[nodiscard]] std::optional<BytesView> find_item(ReadTxn& txn, std::int64_t id) const {
    const auto found = keys.find(txn, item_key(id).view(), "the item " + std::to_string(id));
    return found ? std::optional(found->payload) : std::nullopt;
  }

  /// The item `id`, which the order names.
  [[nodiscard]] BytesView get_item(ReadTxn& txn, std::int64_t id) const {
    const std::optional<BytesView> found = find_item(txn, id);
    if (!found) keys.fail("the item " + std::to_string(id));
    return *found;
  }

  /// The order of up to `count` items from `index` on.
  [[nodiscard]] Runs slice(ReadTxn& txn, std::uint64_t index, std::uint64_t count) const {
    const DequeMeta meta = load(txn);
    if (index >= meta.size()) return {};
    return RunTree(txn, keys, meta.root).slice(index, std::min(count, meta.size() - index));
  }

  /// Calls `visit(index, item)` for the items of `runs`, the first of which is at `index`, until it
  /// says stop.
  void walk(ReadTxn& txn, const Runs& runs, std::uint64_t index,
            FunctionRef<Visit(std::uint64_t index, BytesView item)> visit) const {
    for (const Run& run : runs) {
      for (std::uint64_t i = 0; i < run.count; ++i) {
        if (visit(index++, get_item(txn, run.id(i))) == Visit::stop) return;
      }
    }
  }
};

}  // namespace larder::detail
