// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <optional>

#include "engine/lmdb/environment.h"
#include "engine/lmdb/leaf_guard.h"
#include "larder/core/bytes.h"
#include "larder/engine/txn.h"

namespace larder::lmdb {

/// What LMDB holds of users' data, as one of its transactions sees it. Follows no page that is not
/// sound.
///
/// Valid while that transaction runs. Not thread-safe. The functions throw Error `corrupt`.
class TableView {
 public:
  TableView() = default;
  /// As the snapshot in `slot` sees it.
  TableView(const Environment& environment, ReaderSlots::Slot& slot) noexcept
      : environment_(&environment), txn_(slot.txn), slot_(&slot) {}
  /// With what `write` has changed so far.
  TableView(const Environment& environment, const LmdbWrite& write)
      : environment_(&environment), txn_(write.raw()), tree_(write.before()) {}

  [[nodiscard]] std::optional<BytesView> get(BytesView key) const;
  [[nodiscard]] std::uint64_t entries() const;

  [[nodiscard]] const Environment& environment() const noexcept { return *environment_; }
  [[nodiscard]] MDB_txn* txn() const noexcept { return txn_; }
  /// Whether the transaction writes; then `tree()` is not all.
  [[nodiscard]] bool is_changing() const noexcept { return slot_ == nullptr; }
  /// The table as it was when the transaction began.
  [[nodiscard]] const Tree& tree() const;

 private:
  const Environment* environment_ = nullptr;
  MDB_txn* txn_ = nullptr;
  ReaderSlots::Slot* slot_ = nullptr;  // null if the transaction writes
  mutable std::optional<Tree> tree_;   // when it is needed: mostly the log has what is asked for
};

/// Walks a table in the order of its keys.
///
/// Lives as long as the view's transaction at most.
class TableCursor {
 public:
  explicit TableCursor(const TableView& view);
  TableCursor(const TableCursor&) = delete;
  TableCursor& operator=(const TableCursor&) = delete;
  ~TableCursor() { mdb_cursor_close(cursor_); }

  struct Entry {
    BytesView key;
    BytesView value;
  };
  /// Each returns the entry where the cursor then is, nothing if there is none.
  [[nodiscard]] std::optional<Entry> at_or_after(BytesView key);
  /// The last one below `key`; the very last if there is none.
  [[nodiscard]] std::optional<Entry> before(std::optional<BytesView> key);
  /// The one beside that with `key`, where the cursor is.
  [[nodiscard]] std::optional<Entry> beside(BytesView key, Direction direction);

 private:
  std::optional<Entry> move(MDB_cursor_op operation, BytesView key = {});

  const Environment& environment_;
  LeafGuard guard_;
  MDB_cursor* cursor_ = nullptr;
};

}  // namespace larder::lmdb
