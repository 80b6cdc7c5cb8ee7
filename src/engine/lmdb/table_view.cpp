// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/table_view.h"

namespace larder::lmdb {

const Tree& TableView::tree() const {
  if (!tree_) tree_.emplace(environment_->tree(*slot_));
  return *tree_;
}

std::optional<BytesView> TableView::get(BytesView key) const {
  if (!is_changing()) return tree().find(key);
  LeafGuard(tree()).settle(key);
  MDB_val k = to_val(key);
  MDB_val v{};
  const int code = mdb_get(txn_, environment_->data(), &k, &v);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check(code, "read");
  return environment_->checked(v);
}

std::uint64_t TableView::entries() const {
  MDB_stat stat{};
  check(mdb_stat(txn_, environment_->data(), &stat), "read sizes");
  return stat.ms_entries;
}

TableCursor::TableCursor(const TableView& view)
    : environment_(view.environment()), guard_(view.tree()) {
  const int code = mdb_cursor_open(view.txn(), environment_.data(), &cursor_);
  // Whoever only reads finds no other reason for LMDB to give a transaction up.
  if (code == MDB_BAD_TXN && !view.is_changing()) fail_damaged("it was found to be so before");
  check(code, "open cursor");
}

std::optional<TableCursor::Entry> TableCursor::move(MDB_cursor_op operation, BytesView key) {
  MDB_val k = to_val(key);
  MDB_val v{};
  const int code = mdb_cursor_get(cursor_, &k, &v, operation);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check(code, "read");
  return Entry{.key = to_view(k), .value = environment_.checked(v)};
}

std::optional<TableCursor::Entry> TableCursor::at_or_after(BytesView key) {
  guard_.settle(key);
  // LMDB takes no empty key.
  return key.empty() ? move(MDB_FIRST) : move(MDB_SET_RANGE, key);
}

std::optional<TableCursor::Entry> TableCursor::before(std::optional<BytesView> key) {
  if (key) {
    if (at_or_after(*key)) return move(MDB_PREV);
  }
  guard_.settle_end();
  return move(MDB_LAST);
}

std::optional<TableCursor::Entry> TableCursor::beside(BytesView key, Direction direction) {
  guard_.settle(key);
  return move(direction == Direction::forward ? MDB_NEXT : MDB_PREV);
}

}  // namespace larder::lmdb
