// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/lmdb_write.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/lmdb/segment.h"

namespace larder::lmdb {
namespace {

constexpr std::string_view applied_key = "applied";

/// More than LMDB ever asks for at once, save for single large values.
constexpr std::uint64_t largest_write = std::uint64_t{16} << 20U;

}  // namespace

Error lmdb_error(int code, const std::string& what) {
  const std::string message = what + ": " + mdb_strerror(code);
  switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
    case MDB_INVALID:
      return {ErrorKind::corrupt, message};
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
      return {ErrorKind::not_supported, message};
    case MDB_READERS_FULL:
      return {ErrorKind::unavailable, message};
    case MDB_MAP_FULL:
      return {ErrorKind::full, message};
    case MDB_BAD_TXN:
      return {ErrorKind::invalid_argument, message};
    default:
      if (code > 0) return system_error(code, what);
      return {ErrorKind::corrupt, message};
  }
}

BytesView applied_record(MDB_txn* txn, MDB_dbi meta) {
  MDB_val k = to_val(as_bytes(applied_key));
  MDB_val v{};
  check(mdb_get(txn, meta, &k, &v), "read the sequence number");
  if (v.mv_size != sizeof(std::uint64_t)) {
    fail_damaged("bad sequence number");
  }
  return to_view(v);
}

std::uint64_t read_applied(MDB_txn* txn, MDB_dbi meta) {
  std::uint64_t sequence = 0;
  std::memcpy(&sequence, applied_record(txn, meta).data(), sizeof(sequence));
  return sequence;
}

int put_applied(MDB_txn* txn, MDB_dbi meta, std::uint64_t sequence) {
  MDB_val k = to_val(as_bytes(applied_key));
  MDB_val v{sizeof(sequence), &sequence};
  return mdb_put(txn, meta, &k, &v, 0);
}

LmdbWrite::LmdbWrite(LmdbWrite&& other) noexcept
    : stay_(std::move(other.stay_)),
      space_(other.space_),
      txn_(std::exchange(other.txn_, nullptr)),
      cursor_(std::exchange(other.cursor_, nullptr)),
      data_(other.data_),
      meta_(other.meta_),
      map_(other.map_),
      guard_(std::move(other.guard_)),
      settled_first_(std::move(other.settled_first_)),
      settled_last_(std::move(other.settled_last_)),
      put_bytes_(other.put_bytes_) {}

LmdbWrite::~LmdbWrite() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

void LmdbWrite::check_write(int code, const char* what) const {
  if (code == MDB_MAP_FULL) throw MapFull();
  if (code == EIO && space_->lacks(largest_write + put_bytes_)) throw system_error(ENOSPC, what);
  check(code, what);
}

void LmdbWrite::open_cursor() {
  if (cursor_ == nullptr) check(mdb_cursor_open(txn_, data_, &cursor_), "open cursor");
}

void LmdbWrite::look_before_change(BytesView key) {
  guard_.settle(key);
  // LMDB frees the pages that a large value has, and believes what they say about themselves.
  static_cast<void>(guard_.tree().find(key));
}

void LmdbWrite::check_beside(const MDB_val& start, MDB_cursor_op direction) {
  const auto* origin = static_cast<const std::byte*>(start.mv_data);
  MDB_val k = start;
  MDB_val v{};
  check(mdb_cursor_get(cursor_, &k, &v, MDB_SET_KEY), "read");
  for (;;) {
    guard_.settle(to_view(k));
    const int code = mdb_cursor_get(cursor_, &k, &v, direction);
    if (code == MDB_NOTFOUND) return;
    check(code, "read");
    if (map_.holds(k.mv_data)) return;
    // Pages of this transaction are in memory of their own. This far from the start is another
    // page, and all that the walk has seen in between are of that kind.
    const auto* at = static_cast<const std::byte*>(k.mv_data);
    const std::size_t distance =
        at < origin ? static_cast<std::size_t>(origin - at) : static_cast<std::size_t>(at - origin);
    if (distance >= page_bytes) return;
  }
}

bool LmdbWrite::check_neighbours(const MDB_val& key) {
  // A page that runs empty is merged with the one before or behind it.
  const BytesView wanted = to_view(key);
  if (!settled_first_.empty() && compare(wanted, settled_first_) >= 0 &&
      compare(wanted, settled_last_) <= 0) {
    return true;
  }
  if (map_.holds(key.mv_data)) {  // as it was before, so the guard has seen both
    const PageKeys keys = page_keys(page_of(key.mv_data));
    settled_first_ = to_bytes(keys.first);
    settled_last_ = to_bytes(keys.last);
    return true;
  }
  check_beside(key, MDB_PREV);
  check_beside(key, MDB_NEXT);
  return false;
}

std::size_t LmdbWrite::leaf_pages() const {
  MDB_stat stat{};
  check(mdb_stat(txn_, data_, &stat), "read sizes");
  return stat.ms_leaf_pages;
}

void LmdbWrite::put(BytesView key, BytesView value) {
  open_cursor();
  look_before_change(key);
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  put_bytes_ += key.size() + value.size();
  check_write(mdb_cursor_put(cursor_, &k, &v, 0), "write");
}

void LmdbWrite::append(BytesView key, BytesView value) {
  open_cursor();
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  put_bytes_ += key.size() + value.size();
  check_write(mdb_cursor_put(cursor_, &k, &v, MDB_APPEND), "write");
}

void LmdbWrite::erase(BytesView key) {
  open_cursor();
  look_before_change(key);
  MDB_val k = to_val(key);
  MDB_val v{};
  int code = mdb_cursor_get(cursor_, &k, &v, MDB_SET_KEY);
  if (code == MDB_NOTFOUND) return;
  check(code, "read");
  if (!check_neighbours(k)) {
    k = to_val(key);
    check(mdb_cursor_get(cursor_, &k, &v, MDB_SET), "read");
  }
  const std::size_t pages = leaf_pages();
  check_write(mdb_cursor_del(cursor_, 0), "erase");
  // A page is gone: others are beside each other now.
  if (leaf_pages() != pages) settled_first_.clear();
}

void LmdbWrite::apply(const LogEntry& entry) {
  if (entry.erased) {
    erase(entry.key);
  } else {
    put(entry.key, entry.value);
  }
}

void LmdbWrite::set_applied(std::uint64_t sequence) {
  check_write(put_applied(txn_, meta_, sequence), "write");
}

void LmdbWrite::commit() {
  MDB_txn* txn = std::exchange(txn_, nullptr);
  check_write(mdb_txn_commit(txn), "commit");
}

}  // namespace larder::lmdb
