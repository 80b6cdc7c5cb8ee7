// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "container/subspace.h"
#include "larder/codec/wire.h"
#include "larder/container/detail/run.h"
#include "larder/core/function_ref.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// The parts of a deque, one byte each. Stored on disk: never change.
struct DequeSpace {
  static constexpr std::uint8_t meta = 1;
  static constexpr std::uint8_t node = 2;
  static constexpr std::uint8_t item = 3;
  static constexpr std::uint8_t taken = 4;
  static constexpr std::uint8_t attempts = 5;
  static constexpr std::uint8_t taker = 6;
};

/// Where the places of taken items are that lie between the same two items as a new one.
enum class TakenPlaces { before, behind };

/// Most entries of a node. What is stored may have more or fewer after a change of this.
inline constexpr std::size_t max_node_entries = 32;

/// The root of a tree; a deque keeps it among its settings.
struct RunRoot {
  /// Runs, if `height` is 0. Else children: `first` is a child's number, `count` the items below.
  Runs entries = {};
  std::uint64_t height = 0;    ///< Levels below the root.
  std::int64_t next_node = 1;  ///< Number of the next child. Never used twice.

  /// Items in the whole tree.
  [[nodiscard]] std::uint64_t size() const noexcept;

  friend bool operator==(const RunRoot&, const RunRoot&) = default;
};

/// The order of the items of a deque: a tree of runs with counts, so that an index leads to an item
/// in as many steps as the tree has levels. A deque that is only pushed and popped is one run.
///
/// Lives inside one transaction.
class RunTree {
 public:
  /// Looks at `root`, which must outlive it.
  RunTree(ReadTxn& txn, const Subspace& place, const RunRoot& root) noexcept
      : txn_(txn), place_(place), root_(root) {}

  /// The number of the item at `index`, which must be below the size.
  [[nodiscard]] std::int64_t find(std::uint64_t index) const;

  /// The runs of the `count` items from `index` on; all must be there.
  [[nodiscard]] Runs slice(std::uint64_t index, std::uint64_t count) const;

  /// All runs, and the places of what was taken.
  [[nodiscard]] Runs all() const;

 protected:
  /// The entries of the child that `at` names, checked against its count.
  [[nodiscard]] Runs load(const Run& at) const;
  [[nodiscard]] const Subspace& place() const noexcept { return place_; }

 private:
  void collect(const Runs& entries, std::uint64_t level, std::uint64_t index, std::uint64_t count,
               Runs& out) const;
  void collect_all(const Runs& entries, std::uint64_t level, Runs& out) const;

  ReadTxn& txn_;
  const Subspace& place_;
  const RunRoot& root_;
};

/// A tree that changes. The caller stores the root.
class RunEditor : public RunTree {
 public:
  RunEditor(WriteTxn& txn, const Subspace& place, RunRoot& root) noexcept
      : RunTree(txn, place, root), txn_(txn), root_(root) {}

  /// Puts `run` before the item at `index`; at the end if `index` is the size.
  void insert(std::uint64_t index, const Run& run, TakenPlaces side);

  /// Cuts the `count` items from `index` on out; all must be there.
  void cut(std::uint64_t index, std::uint64_t count);

  /// Leaves of the item at `index`, which must be below the size, only its place.
  void take(std::uint64_t index);

  /// Puts the item `number`, which was taken, back in its place. Looks for that from an end: costs
  /// a step for each node before it. Returns whether there is such a place.
  bool restore(std::int64_t number, Direction from);
  /// Removes the place instead.
  bool forget(std::int64_t number, Direction from);

  /// Replaces all by `runs`.
  void assign(const Runs& runs);

 private:
  using RunChange = FunctionRef<void(Runs& runs, std::size_t at)>;

  void insert_into(Runs& entries, std::uint64_t level, std::uint64_t index, const Run& run,
                   TakenPlaces side);
  void cut_from(Runs& entries, std::uint64_t level, std::uint64_t index, std::uint64_t count);
  void take_at(Runs& entries, std::uint64_t level, std::uint64_t index);
  bool end_taking(std::int64_t number, Direction from, RunChange change);
  bool end_taking_in(Runs& entries, std::uint64_t level, std::int64_t number, Direction from,
                     RunChange change);
  void put_child(Runs& entries, std::size_t at, std::uint64_t level, const Runs& child);
  std::size_t settle(Runs& entries, std::size_t at, std::uint64_t level);
  void settle_root();
  Run store(std::int64_t number, const Runs& entries);

  WriteTxn& txn_;
  RunRoot& root_;
};

/// Appends `runs` in their stored form: one array.
void write_runs(const Runs& runs, WireWriter& out);
/// @throws Error `corrupt`
[[nodiscard]] Runs read_runs(WireReader& in);

}  // namespace larder::detail
