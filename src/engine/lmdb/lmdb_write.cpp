// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/lmdb_write.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/lmdb/page_check.h"

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

LmdbWrite::LmdbWrite(LmdbWrite&& other) noexcept
    : stay_(std::move(other.stay_)),
      space_(other.space_),
      txn_(std::exchange(other.txn_, nullptr)),
      cursor_(std::exchange(other.cursor_, nullptr)),
      data_(other.data_),
      meta_(other.meta_),
      map_(other.map_) {}

LmdbWrite::~LmdbWrite() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

void LmdbWrite::check_write(int code, const char* what) const {
  if (code == MDB_MAP_FULL) throw MapFull();
  if (code == EIO && space_->lacks(largest_write + put_bytes_)) throw system_error(ENOSPC, what);
  check(code, what);
}

void LmdbWrite::check_page_of(const MDB_val& key) {
  if (!map_.holds(key.mv_data)) return;  // already changed by this transaction, so in memory
  const std::byte* page = page_of(key.mv_data);
  if (std::find(sound_.begin(), sound_.end(), page) != sound_.end()) return;
  if (!is_sound_leaf(page)) {
    throw Error(ErrorKind::corrupt, "the database file is damaged: page " +
                                        std::to_string(page_number(page)) + " is not sound");
  }
  sound_[next_sound_++ % sound_.size()] = page;
}

void LmdbWrite::check_pages_around(BytesView key) {
  if (cursor_ == nullptr) check(mdb_cursor_open(txn_, data_, &cursor_), "open cursor");
  MDB_val k = to_val(key);
  MDB_val v{};
  int code = mdb_cursor_get(cursor_, &k, &v, MDB_SET_RANGE);
  if (code == MDB_NOTFOUND) code = mdb_cursor_get(cursor_, &k, &v, MDB_LAST);
  if (code == MDB_NOTFOUND) return;
  check(code, "read");
  check_page_of(k);
  if (map_.holds(k.mv_data) && !is_first_in_page(k.mv_data)) return;
  // The key may belong to the end of the page before.
  code = mdb_cursor_get(cursor_, &k, &v, MDB_PREV);
  if (code == MDB_SUCCESS) check_page_of(k);
  if (code != MDB_NOTFOUND) check(code, "read");
}

void LmdbWrite::check_neighbours() {
  // A page that runs empty is merged with the one before or behind it.
  MDB_val k{};
  MDB_val v{};
  if (mdb_cursor_get(cursor_, &k, &v, MDB_GET_CURRENT) != MDB_SUCCESS) return;
  const MDB_val start = k;
  const std::byte* page = page_of(k.mv_data);
  if (map_.holds(page) && !is_nearly_empty(page)) return;
  for (const MDB_cursor_op direction : {MDB_PREV, MDB_NEXT}) {
    k = start;
    if (mdb_cursor_get(cursor_, &k, &v, MDB_SET_RANGE) != MDB_SUCCESS) return;
    // Pages of this transaction are in memory, not in the map, and end where a map page begins.
    for (std::size_t steps = 0; steps < page_bytes / 2; ++steps) {
      if (mdb_cursor_get(cursor_, &k, &v, direction) != MDB_SUCCESS) break;
      if (!map_.holds(k.mv_data) || page_of(k.mv_data) == page) continue;
      check_page_of(k);
      break;
    }
  }
}

void LmdbWrite::put(BytesView key, BytesView value) {
  check_pages_around(key);
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  put_bytes_ += key.size() + value.size();
  // Through the cursor: it stands at the right page already.
  check_write(mdb_cursor_put(cursor_, &k, &v, 0), "write");
}

void LmdbWrite::erase(BytesView key) {
  check_pages_around(key);
  check_neighbours();
  MDB_val k = to_val(key);
  const int code = mdb_del(txn_, data_, &k, nullptr);
  if (code != MDB_NOTFOUND) check_write(code, "erase");
}

void LmdbWrite::set_applied(std::uint64_t sequence) {
  MDB_val k = to_val(as_bytes(applied_key));
  MDB_val v{sizeof(sequence), &sequence};
  check_write(mdb_put(txn_, meta_, &k, &v, 0), "write");
}

void LmdbWrite::commit() {
  MDB_txn* txn = std::exchange(txn_, nullptr);
  check_write(mdb_txn_commit(txn), "commit");
}

}  // namespace larder::lmdb
