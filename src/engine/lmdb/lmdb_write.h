// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/lmdb/device_space.h"
#include "engine/lmdb/leaf_guard.h"
#include "larder/core/bytes.h"
#include "larder/core/error.h"
#include "larder/core/mutex.h"

namespace larder::lmdb {

/// The `Error` for an LMDB return code.
[[nodiscard]] Error lmdb_error(int code, const std::string& what);

/// Throws unless `code` is success.
inline void check(int code, const char* what) {
  if (code != MDB_SUCCESS) [[unlikely]]
    throw lmdb_error(code, what);
}

struct LogEntry;

[[nodiscard]] inline MDB_val to_val(BytesView bytes) noexcept {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}
[[nodiscard]] inline BytesView to_view(const MDB_val& value) noexcept {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

/// The record in `meta` that says up to which sequence number LMDB has the log: its bytes in the
/// map, and its number. Every database has one.
/// @throws Error `corrupt` if it is missing or not a number
[[nodiscard]] BytesView applied_record(MDB_txn* txn, MDB_dbi meta);
[[nodiscard]] std::uint64_t read_applied(MDB_txn* txn, MDB_dbi meta);
/// Returns LMDB's code.
[[nodiscard]] int put_applied(MDB_txn* txn, MDB_dbi meta, std::uint64_t sequence);

/// The map is too small; not a matter of the device.
class MapFull : public Error {
 public:
  MapFull() : Error(ErrorKind::full, "the transaction is too large for the address space") {}
};

/// A write transaction of LMDB, aborted unless committed. Looks at each page from the device before
/// LMDB changes it.
class LmdbWrite {
 public:
  /// `stay` keeps the map where it is; given back at the end. `space` must outlive it.
  LmdbWrite(MDB_txn* txn, MDB_dbi data, MDB_dbi meta, MapPlace map, const Tree& before,
            const DeviceSpace& space, std::unique_lock<Mutex> stay)
      : stay_(std::move(stay)),
        space_(&space),
        txn_(txn),
        data_(data),
        meta_(meta),
        map_(map),
        guard_(before) {}
  LmdbWrite(LmdbWrite&& other) noexcept;
  LmdbWrite& operator=(LmdbWrite&&) = delete;
  ~LmdbWrite();

  /// The functions throw `MapFull` where a larger map would help, and Error `full` if the device
  /// is, `unavailable` if it fails otherwise, or `corrupt`.
  void put(BytesView key, BytesView value);
  void erase(BytesView key);
  /// Puts a key that is above all others, so that pages become full.
  void append(BytesView key, BytesView value);
  /// Does what `entry` of the log says.
  void apply(const LogEntry& entry);
  /// Records that the log has been applied up to `sequence`.
  void set_applied(std::uint64_t sequence);
  /// Makes this a transaction that changes something, and nothing that matters: LMDB does not count
  /// others.
  void change_nothing() { set_applied(read_applied(txn_, meta_)); }
  void commit();

  [[nodiscard]] std::size_t id() const noexcept { return mdb_txn_id(txn_); }
  /// Keys and values that were put.
  [[nodiscard]] std::uint64_t put_bytes() const noexcept { return put_bytes_; }
  [[nodiscard]] MDB_txn* raw() const noexcept { return txn_; }
  /// The table as it was before this transaction.
  [[nodiscard]] const Tree& before() const noexcept { return guard_.tree(); }

 private:
  void open_cursor();
  /// Looks at what LMDB will touch when it changes the entry of `key`.
  void look_before_change(BytesView key);
  /// Checks the pages that may be merged with the one that holds `key`, which the cursor has found.
  /// Returns whether the cursor still stands there.
  bool check_neighbours(const MDB_val& key);
  void check_beside(const MDB_val& start, MDB_cursor_op direction);
  [[nodiscard]] std::size_t leaf_pages() const;
  void check_write(int code, const char* what) const;

  std::unique_lock<Mutex> stay_;
  const DeviceSpace* space_;
  MDB_txn* txn_;
  MDB_cursor* cursor_ = nullptr;  ///< Ends with the transaction.
  MDB_dbi data_;
  MDB_dbi meta_;
  MapPlace map_;
  LeafGuard guard_;
  /// The pages beside the one that holds these keys are sound or changed by this transaction.
  Bytes settled_first_;  ///< Empty if there is no such page.
  Bytes settled_last_;
  std::uint64_t put_bytes_ = 0;  ///< The transaction may need as much on the device, and more.
};

}  // namespace larder::lmdb
