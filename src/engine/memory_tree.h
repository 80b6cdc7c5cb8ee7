// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"
#include "larder/core/random.h"
#include "larder/engine/txn.h"

namespace larder {

/// An ordered map whose copies are snapshots: copying takes constant time, and a changed copy
/// shares every node it did not touch. A treap; changes copy the path from the root.
///
/// Thread-compatible; copies may be used by different threads.
class MemoryTree {
 public:
  /// Begins a series of changes: nodes made before now may be shared with copies and are left as
  /// they are. `edit` must be greater than that of any earlier series.
  void begin_edit(std::uint64_t edit) noexcept { edit_ = edit; }

  /// The value of `key`, or nothing. Valid until the next change.
  [[nodiscard]] std::optional<BytesView> get(BytesView key) const;

  /// Visits the keys of `range` in order, or backwards, until the visitor says stop.
  void scan(const KeyRange& range, Direction direction,
            FunctionRef<Visit(BytesView, BytesView)> visit) const;

  /// Stores `value` under `key`. Both may be views into this tree.
  void put(BytesView key, BytesView value, Random& random);

  /// Removes `key`. Returns whether it was there.
  bool erase(BytesView key);

  /// Removes every key of `range`. Returns how many there were.
  std::uint64_t erase_range(const KeyRange& range);

  /// How many keys there are.
  [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }

  /// Bytes of all keys and values.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    Bytes key;
    Bytes value;
    [[nodiscard]] std::uint64_t size() const noexcept { return key.size() + value.size(); }
  };
  using EntryPtr = std::shared_ptr<const Entry>;
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  struct Node {
    std::uint64_t edit = 0;      // the series that made it and may still change it
    std::uint64_t priority = 0;  // not below that of its children
    EntryPtr entry;
    NodePtr left = nullptr;
    NodePtr right = nullptr;
  };
  struct Halves {
    NodePtr below;
    NodePtr rest;
  };

  [[nodiscard]] const Node* find(BytesView key) const;
  static Visit scan(const Node* node, const KeyRange& range, Direction direction,
                    FunctionRef<Visit(BytesView, BytesView)> visit);
  Node& own(NodePtr& node) const;
  void replace(EntryPtr entry);
  void insert(NodePtr& node, NodePtr fresh) const;
  Halves split(NodePtr node, BytesView key) const;
  NodePtr merge(NodePtr below, NodePtr rest) const;
  void forget(const Node* node);

  NodePtr root_ = nullptr;
  std::uint64_t edit_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace larder
