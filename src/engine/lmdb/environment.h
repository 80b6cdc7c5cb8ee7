// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lmdb.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/lmdb/device_space.h"
#include "engine/lmdb/lmdb_write.h"
#include "engine/lmdb/reader_slots.h"
#include "engine/lmdb/tree.h"
#include "larder/core/bytes.h"
#include "larder/core/error.h"
#include "larder/core/function_ref.h"
#include "larder/core/mutex.h"
#include "larder/engine/options.h"
#include "larder/engine/txn.h"

namespace larder::lmdb {

/// One open LMDB environment with two tables: what users stored, and how much of the log has been
/// applied. Knows the map's growth, the readers, and how to distrust a file.
///
/// Thread-safe, except that one thread at a time may write.
class Environment {
 public:
  /// Whether another process has the file open already. If it is idle, who opens it read-only keeps
  /// it so while there are snapshots.
  enum class FileState { idle, in_use };
  /// @throws Error `corrupt` if the file is damaged or cut short, `invalid_argument` if it is to be
  /// read only and was never finished
  Environment(const LmdbOptions& options, const EngineHooks& hooks, FileState state);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();

  /// Starts a snapshot in `slot`. False if another process has enlarged the map: then give the slot
  /// back, or call `adopt_map`, and try again.
  [[nodiscard]] bool begin_read(ReaderSlots::Slot& slot);
  /// Takes over the size that another process gave the map. Ends the snapshot in `own`, if given.
  void adopt_map(ReaderSlots::Slot* own);
  [[nodiscard]] ReaderSlots& slots() noexcept { return slots_; }
  /// The table of users' data as the snapshot in `slot` sees it.
  [[nodiscard]] Tree tree(ReaderSlots::Slot& slot) const;
  /// The bytes of a value that a cursor found.
  /// @throws Error `corrupt` if they do not lie in the file
  [[nodiscard]] BytesView checked(const MDB_val& found) const;
  [[nodiscard]] MDB_dbi data() const noexcept { return data_; }

  /// Runs `body` in one write transaction and commits it. If the map is too small, it grows and
  /// `body` runs again. `own` is the caller's reader slot, which is ended if the map must move.
  void write(FunctionRef<void(LmdbWrite&)> body, ReaderSlots::Slot* own);

  /// Starts a write transaction that may become very large.
  [[nodiscard]] LmdbWrite begin_large_write(ReaderSlots::Slot* own);

  /// Last sequence number of the log that is in LMDB.
  [[nodiscard]] std::uint64_t applied();
  /// The same as `txn` sees it.
  [[nodiscard]] std::uint64_t applied(MDB_txn* txn) const;
  /// The oldest snapshot that any process reads, or the largest number if none does.
  [[nodiscard]] std::uint64_t oldest_reader();
  /// LMDB's number of the last commit.
  [[nodiscard]] std::uint64_t last_txn() const;
  void sync();
  /// Bytes of the file up to its last page in use.
  [[nodiscard]] std::uint64_t used_bytes() const;
  /// Bytes of pages that hold data.
  [[nodiscard]] std::uint64_t live_bytes();
  /// About how many of them it would take if all were full: an estimate from a sample of pages.
  /// @throws Error `corrupt`
  [[nodiscard]] std::uint64_t packed_bytes();
  /// Bytes of pages that hold nothing which any reader sees, `txn` included, so that they can be
  /// used again.
  [[nodiscard]] std::uint64_t reusable_bytes(MDB_txn* txn);
  /// Keeps a little space behind the end of the file, so that a full device can still be emptied.
  void reserve_space();

 private:
  [[nodiscard]] bool is_read_only() const noexcept {
    return options_.open_mode == OpenMode::read_only;
  }
  [[noreturn]] void fail_unfinished() const;
  /// Takes away what an earlier beginning may have left.
  void begin_file(const std::filesystem::path& path);
  void reserve_readers() const;
  void open(std::uint64_t file_bytes, FileState state);
  void open_tables();
  void make_tables();
  /// A transaction while no other of this process runs; `what` is for the message if there is none.
  [[nodiscard]] MDB_txn* begin_alone(unsigned flags, const char* what);
  void locate_map();
  /// The record of the table of users' data as it was when `txn` began.
  [[nodiscard]] TreeRecord table_record(MDB_txn* txn) const;
  [[nodiscard]] std::uint64_t live_bytes(MDB_txn* txn) const;
  void grow(ReaderSlots::Slot* own, std::uint64_t at_least);
  [[nodiscard]] std::uint64_t map_bytes() const;
  /// Ends all transactions of this process, runs `body`, lets readers in again.
  void alone(ReaderSlots::Slot* own, FunctionRef<void()> body);
  [[nodiscard]] LmdbWrite begin_write(ReaderSlots::Slot* own);

  LmdbOptions options_;
  Io& io_;
  DeviceSpace space_;
  MDB_env* env_ = nullptr;
  MDB_dbi tables_ = 0;  ///< Where the records of the other two are.
  MDB_dbi data_ = 0;
  MDB_dbi meta_ = 0;
  MapPlace map_;
  ReaderSlots slots_;
  Mutex moving_;  ///< Held while the map moves, and while it must not: by a write transaction.
};

}  // namespace larder::lmdb
