// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/read_only.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <utility>

#include "engine/backoff.h"
#include "engine/lmdb/active_txn.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/presence.h"
#include "engine/lmdb/shared_area.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

File open_lock(Io& io, const std::filesystem::path& directory, const char* name) {
  const std::filesystem::path file = directory / name;
  const int fd = io.open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd == -ENOENT) {
    throw Error(ErrorKind::not_supported,
                file.string() +
                    " is missing, without which nobody can tell whether the database "
                    "is open elsewhere; copy all files of it");
  }
  if (fd < 0) throw system_error(-fd, "open " + file.string());
  return {io, fd};
}

}  // namespace

ReadOnlyDatabase::ReadOnlyDatabase(LmdbOptions options, EngineHooks hooks)
    : options_(std::move(options)), hooks_(std::move(hooks)), io_(*hooks_.io) {
  check_place(io_, options_);
  lock_ = open_lock(io_, options_.path, "lock");
  users_ = open_lock(io_, options_.path, "users");
}

std::shared_ptr<Database> ReadOnlyDatabase::writer() {
  const MutexLock lock(mutex_);
  return writer_.lock();
}

void ReadOnlyDatabase::view(FunctionRef<void(ReadTxn&)> body) {
  if (const ActiveTxn* outer = ActiveTxn::find(this)) {
    body(outer->reader());
    return;
  }
  with_sight(
      [&](Sight& sight) {
        sight.view([&](const Snapshot& snapshot) {
          SnapshotTxn txn(snapshot);
          const ActiveTxn scope(this, txn, nullptr);
          body(txn);
        });
      },
      [&](Database& database) { database.view(body); });
}

void ReadOnlyDatabase::with_sight(FunctionRef<void(Sight&)> body,
                                  FunctionRef<void(Database&)> instead) {
  Backoff backoff(options_.timeout);
  for (;;) {
    if (const std::shared_ptr<Database> database = writer()) return instead(*database);
    Visit visit(*this);
    const Entry entry = try_enter(visit);
    if (entry == Entry::entered) return body(*visit.sight);
    if (entry == Entry::unsure) {
      look_for_writer(*this);
    } else if (!backoff.wait()) {
      throw Error(ErrorKind::unavailable,
                  "another process is still opening or closing " + options_.path.string());
    }
  }
}

ReadOnlyDatabase::Entry ReadOnlyDatabase::try_enter(Visit& visit) {
  const MutexLock lock(mutex_);
  if (!is_alone_) return Entry::unsure;
  if (!live_) {
    if (!keep_closed()) return Entry::busy;
    bool is_in = false;
    try {
      is_in = look_around();
    } catch (...) {
      let_open_if_idle();
      throw;
    }
    if (!is_in || live_) let_open_if_idle();
    if (!is_in) return Entry::busy;
  }
  if (live_) {
    visit.sight = live_;
  } else {
    visit.sight = still_;
  }
  ++views_;
  return Entry::entered;
}

void ReadOnlyDatabase::check_lock() const {
  struct stat ours{};
  struct stat there{};
  const bool is_same = io_.fstat(lock_.fd(), ours) == 0 &&
                       io_.stat(options_.path / "lock", there) == 0 &&
                       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
  if (is_same) return;
  throw Error(ErrorKind::unavailable, options_.path.string() +
                                          " is not the directory any more that was opened: open "
                                          "it again");
}

bool ReadOnlyDatabase::look_around() {
  check_lock();
  switch (look_for_users(io_, users_.fd())) {
    case Presence::opening:
      return false;
    case Presence::in_use:
      still_.reset();
      live_ = std::make_shared<LiveSight>(options_, hooks_);
      return true;
    case Presence::nobody:
      break;
  }
  if (still_ && still_->is_current()) return true;
  still_.reset();
  check_open_mode(io_, options_);
  still_ = std::make_shared<StillSight>(options_, hooks_);
  return true;
}

bool ReadOnlyDatabase::keep_closed() {
  if (keeps_closed_) return true;
  const int result = io_.flock(lock_.fd(), LOCK_SH | LOCK_NB);
  if (result == -EWOULDBLOCK) return false;
  if (result < 0) throw system_error(-result, "lock " + options_.path.string());
  keeps_closed_ = true;
  return true;
}

void ReadOnlyDatabase::let_open_if_idle() noexcept {
  if (!keeps_closed_ || views_ > 0) return;
  io_.flock(lock_.fd(), LOCK_UN);
  keeps_closed_ = false;
}

void ReadOnlyDatabase::leave() noexcept {
  const MutexLock lock(mutex_);
  --views_;
  let_open_if_idle();
}

void ReadOnlyDatabase::make_way() {
  Backoff backoff(options_.timeout);
  for (;;) {
    {
      const MutexLock lock(mutex_);
      is_alone_ = false;
      if (views_ == 0) {
        live_.reset();
        still_.reset();
        return;
      }
    }
    if (backoff.wait()) continue;
    throw Error(ErrorKind::unavailable, options_.path.string() +
                                            ": a view of this process, which has it open "
                                            "read-only, does not end");
  }
}

void ReadOnlyDatabase::look_through(const std::shared_ptr<Database>& database) {
  const MutexLock lock(mutex_);
  writer_ = database;
}

void ReadOnlyDatabase::look_alone() {
  const MutexLock lock(mutex_);
  is_alone_ = true;
}

void ReadOnlyDatabase::refuse() const {
  throw Error(ErrorKind::denied,
              options_.path.string() + " is open read-only: open it with another mode to write");
}

std::span<std::byte> ReadOnlyDatabase::shared_memory(std::string_view name, std::size_t size) {
  const std::string file = SharedArea::file_name(name);
  const MutexLock lock(areas_mutex_);
  auto found = areas_.find(file);
  if (found == areas_.end()) {
    found = areas_.try_emplace(file, io_, options_.path / file, size).first;
  }
  if (found->second.bytes().size() != size) {
    throw Error(ErrorKind::invalid_argument,
                "shared memory '" + std::string(name) + "' is in use with another size");
  }
  return found->second.bytes();
}

EngineInfo ReadOnlyDatabase::info() {
  EngineInfo info{.uri = "lmdb:" + options_.path.string()};
  with_sight(
      [&](Sight& sight) {
        info.used_bytes = sight.environment().live_bytes();
        sight.view([&](const Snapshot& snapshot) { info.entries = snapshot.entries(); });
      },
      [&](Database& database) { info = database.info(); });
  info.disk_bytes = disk_bytes_in(io_, options_.path);
  return info;
}

}  // namespace larder::lmdb
