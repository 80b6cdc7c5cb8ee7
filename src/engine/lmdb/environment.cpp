// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/environment.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>

#include "engine/lmdb/packing.h"
#include "engine/lmdb/page_check.h"
#include "engine/thread_sanitizer.h"

namespace larder::lmdb {
namespace {

constexpr unsigned max_readers = 4096;
constexpr std::uint64_t smallest_map = std::uint64_t{1} << 20U;
constexpr std::uint64_t reserved_bytes = std::uint64_t{1} << 20U;

constexpr const char* data_table = "data";

using TxnPtr = std::unique_ptr<MDB_txn, decltype(&mdb_txn_abort)>;

/// LMDB's own assertion failed: the file is damaged in a way that only shows now. Unwinding through
/// LMDB leaks at most the transaction; going on would be worse.
void on_assertion(MDB_env* /*env*/, const char* message) {
  throw Error(ErrorKind::corrupt, std::string("the database file is damaged: ") + message);
}

}  // namespace

Environment::Environment(const LmdbOptions& options, const EngineHooks& hooks, FileState state)
    : options_(options), io_(*hooks.io), space_(io_, options.path), slots_(options.timeout) {
  const std::filesystem::path file = options_.path / "data.mdb";
  // Others that have it open change it meanwhile; who opened it first has checked it.
  const std::uint64_t file_bytes = state == FileState::idle ? check_file(io_, file) : 0;
  const bool is_new = state == FileState::idle && file_bytes == 0;
  if (is_new) begin_file(file);
  if (!is_read_only()) reserve_readers();
  open(file_bytes, state);
  io_.point("lmdb.opened");
  int dead = 0;
  mdb_reader_check(env_, &dead);
  try {
    // The heads must be there before anything else may: see is_unfinished().
    if (is_new && options_.durability != Durability::disposable) sync();
    open_tables();
    locate_map();
  } catch (...) {
    slots_.abort_all();
    mdb_env_close(env_);
    throw;
  }
}

void Environment::fail_unfinished() const {
  throw Error(ErrorKind::invalid_argument,
              "the database in " + options_.path.string() + " was never finished: there is none");
}

void Environment::begin_file(const std::filesystem::path& path) {
  if (is_read_only()) fail_unfinished();
  const File file(io_, path, O_WRONLY | O_NOFOLLOW);
  if (const int result = io_.ftruncate(file.fd(), 0); result < 0) {
    throw system_error(-result, "truncate " + path.string());
  }
}

// LMDB maps its table of readers without room for it.
void Environment::reserve_readers() const {
  constexpr std::uint64_t head_bytes = 4096;
  constexpr std::uint64_t reader_bytes = 64;
  const std::filesystem::path path = options_.path / "lock.mdb";
  const File table(io_, path, O_RDWR | O_NOFOLLOW);
  reserve_room(io_, table, head_bytes + max_readers * reader_bytes, path);
}

void Environment::open(std::uint64_t file_bytes, FileState state) {
  const bool is_still = is_read_only() && state == FileState::idle;
  for (std::uint64_t map = std::max({options_.map_bytes, smallest_map, file_bytes * 2});;
       map /= 2) {
    check(mdb_env_create(&env_), "create environment");
    mdb_env_set_maxdbs(env_, 4);
    mdb_env_set_maxreaders(env_, max_readers);
    mdb_env_set_mapsize(env_, map & ~std::uint64_t{page_bytes - 1});
    mdb_env_set_assert(env_, on_assertion);
    const unsigned flags = MDB_NOTLS | MDB_NORDAHEAD |
                           (options_.durability == Durability::disposable ? MDB_NOSYNC : 0U) |
                           (is_read_only() ? MDB_RDONLY : 0U) | (is_still ? MDB_NOLOCK : 0U);
    const int code = mdb_env_open(env_, options_.path.c_str(), flags, options_.mode);
    if (code == MDB_SUCCESS) return;
    mdb_env_close(std::exchange(env_, nullptr));
    // Where address space is limited, less of it has to do.
    if (code != ENOMEM || map / 2 < std::max(smallest_map, file_bytes)) {
      throw lmdb_error(code, "open " + (options_.path / "data.mdb").string());
    }
  }
}

// Another process may have enlarged the file since its size was looked at.
MDB_txn* Environment::begin_alone(unsigned flags, const char* what) {
  MDB_txn* txn = nullptr;
  int code = mdb_txn_begin(env_, nullptr, flags, &txn);
  while (code == MDB_MAP_RESIZED) {
    check(mdb_env_set_mapsize(env_, 0), "adopt the map's size");
    code = mdb_txn_begin(env_, nullptr, flags, &txn);
  }
  check(code, what);
  return txn;
}

void Environment::locate_map() {
  MDB_txn* txn = begin_alone(MDB_RDONLY, "begin reading");
  const TxnPtr ended(txn, mdb_txn_abort);
  // The only way to learn where LMDB's map lies: from a page, which knows its own number.
  const std::byte* page = page_of(applied_record(txn, meta_).data());
  map_ = {.begin = page - Page(page).number() * page_bytes, .bytes = map_bytes()};
}

Environment::~Environment() {
  slots_.abort_all();
  if (env_ != nullptr) mdb_env_close(env_);
}

void Environment::open_tables() {
  MDB_txn* txn = begin_alone(MDB_RDONLY, "open tables");
  check(mdb_dbi_open(txn, nullptr, 0, &tables_), "open tables");
  int code = mdb_dbi_open(txn, data_table, 0, &data_);
  if (code == MDB_SUCCESS) code = mdb_dbi_open(txn, "meta", 0, &meta_);
  if (code == MDB_SUCCESS) {
    check(mdb_txn_commit(txn), "open tables");
    return;
  }
  mdb_txn_abort(txn);
  if (code != MDB_NOTFOUND) throw lmdb_error(code, "open tables");
  if (is_read_only()) fail_unfinished();
  make_tables();
}

void Environment::make_tables() {
  // Who finds the tables may count on the name of the file.
  if (options_.durability != Durability::disposable) sync_directory(io_, options_.path);
  MDB_txn* txn = begin_alone(0, "create tables");
  int code = mdb_dbi_open(txn, data_table, MDB_CREATE, &data_);
  if (code == MDB_SUCCESS) code = mdb_dbi_open(txn, "meta", MDB_CREATE, &meta_);
  if (code == MDB_SUCCESS) code = put_applied(txn, meta_, 0);
  if (code != MDB_SUCCESS) {
    mdb_txn_abort(txn);
    throw lmdb_error(code, "create tables");
  }
  constexpr std::uint64_t enough = 64 << 10U;
  code = mdb_txn_commit(txn);
  if (code == EIO && space_.lacks(enough)) throw system_error(ENOSPC, "create tables");
  check(code, "create tables");
}

bool Environment::begin_read(ReaderSlots::Slot& slot) {
  for (bool cleaned = false;; cleaned = true) {
    const int code = slot.txn != nullptr ? mdb_txn_renew(slot.txn)
                                         : mdb_txn_begin(env_, nullptr, MDB_RDONLY, &slot.txn);
    if (code == MDB_SUCCESS) {
      slot.active = true;
      return true;
    }
    if (code == MDB_MAP_RESIZED) return false;
    if (code != MDB_READERS_FULL || cleaned) throw lmdb_error(code, "begin reading");
    int dead = 0;
    mdb_reader_check(env_, &dead);
  }
}

Tree Environment::tree(ReaderSlots::Slot& slot) const {
  // Mostly no transaction of LMDB was committed since the slot was used last.
  if (const std::size_t txn = mdb_txn_id(slot.txn); txn != slot.table_txn) {
    slot.table = table_record(slot.txn);
    slot.table_txn = txn;
  }
  return {env_, map_, slot.table};
}

TreeRecord Environment::table_record(MDB_txn* txn) const {
  MDB_val k = to_val(as_bytes(data_table));
  MDB_val v{};
  check(mdb_get(txn, tables_, &k, &v), "read the record of a table");
  if (v.mv_size != sizeof(TreeRecord)) fail_damaged("a table without a record");
  return load<TreeRecord>(to_view(v).data());
}

BytesView Environment::checked(const MDB_val& found) const {
  const auto* begin = static_cast<const std::byte*>(found.mv_data);
  const auto in_page = static_cast<std::size_t>(begin - page_of(begin));
  if (in_page + found.mv_size <= page_bytes) return to_view(found);
  // More than a page can hold: it has pages of its own, or the page is damaged. Pages of a running
  // write transaction are not in the map, and sound.
  if (!map_.holds(begin)) return to_view(found);
  MDB_envinfo info;
  check(mdb_env_info(env_, &info), "read info");
  const std::byte* end = map_.begin + (info.me_last_pgno + 1) * page_bytes;
  if (begin >= end || found.mv_size > static_cast<std::size_t>(end - begin)) {
    fail_damaged("a value reaches out of it");
  }
  return to_view(found);
}

void Environment::alone(ReaderSlots::Slot* own, FunctionRef<void()> body) {
  // Two who wait for each other's slots would wait for ever.
  const SlotPause pause(slots_, own);
  const MutexLock lock(moving_);
  slots_.close_gate();
  try {
    body();
    locate_map();
  } catch (...) {
    slots_.open_gate();
    throw;
  }
  slots_.open_gate();
}

void Environment::adopt_map(ReaderSlots::Slot* own) {
  alone(own, [this] { check(mdb_env_set_mapsize(env_, 0), "adopt the map's size"); });
}

void Environment::grow(ReaderSlots::Slot* own, std::uint64_t at_least) {
  alone(own, [&] {
    MDB_envinfo info;
    check(mdb_env_info(env_, &info), "read map size");
    if (info.me_mapsize >= at_least) return;
    check(mdb_env_set_mapsize(env_, at_least & ~(page_bytes - 1)), "grow the map");
  });
}

std::uint64_t Environment::map_bytes() const {
  MDB_envinfo info;
  check(mdb_env_info(env_, &info), "read map size");
  return info.me_mapsize;
}

LmdbWrite Environment::begin_write(ReaderSlots::Slot* own) {
  for (;;) {
    std::unique_lock<Mutex> stay(moving_, std::try_to_lock);
    if (!stay) {
      // Who moves the map waits for all slots, ours too.
      const SlotPause pause(slots_, own);
      stay.lock();
    }
    MDB_txn* txn = nullptr;
    const int code = mdb_txn_begin(env_, nullptr, 0, &txn);
    if (code == MDB_SUCCESS) {
      TxnPtr begun(txn, mdb_txn_abort);
      const Tree before(env_, map_, table_record(txn));
      return {begun.release(), data_, meta_, map_, before, space_, std::move(stay)};
    }
    if (code != MDB_MAP_RESIZED) throw lmdb_error(code, "begin writing");
    stay.unlock();
    adopt_map(own);
  }
}

LmdbWrite Environment::begin_large_write(ReaderSlots::Slot* own) {
  // It cannot be run again if the map proves too small, so the map is made large beforehand.
  const std::uint64_t wanted = used_bytes() * 4 + (std::uint64_t{16} << 30U);
  if (map_bytes() < wanted) {
    try {
      grow(own, wanted);
    } catch (const Error&) {
      // Where address space is limited, try with what there is.
    }
  }
  return begin_write(own);
}

void Environment::write(FunctionRef<void(LmdbWrite&)> body, ReaderSlots::Slot* own) {
  for (;;) {
    const std::uint64_t map = map_bytes();
    try {
      LmdbWrite txn = begin_write(own);
      body(txn);
      txn.commit();
      io_.point("lmdb.committed");
      return;
    } catch (const MapFull&) {
      grow(own, map * 2);
    }
  }
}

std::uint64_t Environment::applied() {
  SlotGuard guard(slots_);
  while (!begin_read(guard.slot())) adopt_map(&guard.slot());
  return applied(guard.slot().txn);
}

std::uint64_t Environment::applied(MDB_txn* txn) const { return read_applied(txn, meta_); }

std::uint64_t Environment::oldest_reader() {
  int dead = 0;
  mdb_reader_check(env_, &dead);
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  // LMDB tells its readers only as text: process, thread, transaction or a dash.
  const auto collect = [](const char* line, void* context) -> int {
    const char* last = std::strrchr(line, ' ');
    char* end = nullptr;
    const std::uint64_t id = last == nullptr ? 0 : std::strtoull(last + 1, &end, 10);
    if (last != nullptr && end != last + 1) {
      auto& smallest = *static_cast<std::uint64_t*>(context);
      smallest = std::min(smallest, id);
    }
    return 0;
  };
  if (mdb_reader_list(env_, collect, &oldest) < 0) return 0;
  acquire_fence();
  return oldest;
}

std::uint64_t Environment::last_txn() const {
  MDB_envinfo info;
  check(mdb_env_info(env_, &info), "read info");
  return info.me_last_txnid;
}

void Environment::sync() { check(mdb_env_sync(env_, 1), "sync"); }

std::uint64_t Environment::live_bytes() {
  const SlotGuard guard(slots_);
  while (!begin_read(guard.slot())) adopt_map(&guard.slot());
  return live_bytes(guard.slot().txn);
}

std::uint64_t Environment::live_bytes(MDB_txn* txn) const {
  MDB_stat stat{};
  check(mdb_stat(txn, data_, &stat), "read sizes");
  return (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * stat.ms_psize;
}

std::uint64_t Environment::packed_bytes() {
  const SlotGuard guard(slots_);
  while (!begin_read(guard.slot())) adopt_map(&guard.slot());
  MDB_stat stat{};
  check(mdb_stat(guard.slot().txn, data_, &stat), "read sizes");
  const double share = packed_share(tree(guard.slot()));
  const auto packed = static_cast<double>(stat.ms_branch_pages + stat.ms_leaf_pages) * share;
  return (static_cast<std::uint64_t>(packed) + stat.ms_overflow_pages) * stat.ms_psize;
}

std::uint64_t Environment::reusable_bytes(MDB_txn* txn) {
  const std::uint64_t oldest = oldest_reader();
  constexpr MDB_dbi free_pages = 0;  // LMDB's own table: by commit, a count and the numbers
  MDB_cursor* cursor = nullptr;
  check(mdb_cursor_open(txn, free_pages, &cursor), "list free pages");
  const std::unique_ptr<MDB_cursor, void (*)(MDB_cursor*)> closed(cursor, mdb_cursor_close);
  std::uint64_t pages = 0;
  MDB_val commit{};
  MDB_val list{};
  int code = mdb_cursor_get(cursor, &commit, &list, MDB_FIRST);
  for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &commit, &list, MDB_NEXT)) {
    if (load<std::uint64_t>(static_cast<const std::byte*>(commit.mv_data)) >= oldest) break;
    pages += load<std::uint64_t>(static_cast<const std::byte*>(list.mv_data));
  }
  if (code != MDB_NOTFOUND) check(code, "list free pages");
  return pages * page_bytes;
}

std::uint64_t Environment::used_bytes() const {
  MDB_envinfo info;
  check(mdb_env_info(env_, &info), "read info");
  return (info.me_last_pgno + 1) * page_bytes;
}

void Environment::reserve_space() {
  int fd = -1;
  if (mdb_env_get_fd(env_, &fd) != MDB_SUCCESS) return;
  // Not being able to is no error: the device is just full.
  io_.fallocate(fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(used_bytes()),
                static_cast<off_t>(reserved_bytes));
}

}  // namespace larder::lmdb
