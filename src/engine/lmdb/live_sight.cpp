// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "engine/lmdb/presence.h"
#include "engine/lmdb/sight.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

/// LMDB would do without the table of readers where it cannot be written, and then writers use
/// pages again while they are read.
void check_reader_table(Io& io, const LmdbOptions& options) {
  const std::filesystem::path table = options.path / "lock.mdb";
  const int fd = io.open(table, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd >= 0) {
    io.close(fd);
    return;
  }
  if (fd != -EACCES && fd != -EROFS && fd != -EPERM) {
    throw system_error(-fd, "open " + table.string());
  }
  throw Error(ErrorKind::denied,
              options.path.string() +
                  " is open elsewhere, and a reader must announce itself in lock.mdb, which this "
                  "user may not write; get permission for that file, or wait until it is closed");
}

/// Takes part in `users`, as all do who have the database open.
File join_users(Io& io, const LmdbOptions& options) {
  check_reader_table(io, options);
  File users(io, options.path / "users", O_RDONLY | O_NOFOLLOW);
  const int result = io.flock(users.fd(), LOCK_SH | LOCK_NB);
  if (result < 0) throw system_error(-result, "lock " + options.path.string());
  announce_user(io, users.fd());
  return users;
}

}  // namespace

LiveSight::LiveSight(const LmdbOptions& options, const EngineHooks& hooks)
    : io_(*hooks.io),
      users_(join_users(io_, options)),
      environment_(options, hooks, Environment::FileState::in_use),
      shared_(io_, options.path / "shared", options.mode, SharedMapping::Origin::read_only),
      log_(options, hooks, shared_, environment_) {}

LiveSight::~LiveSight() {
  // A child of a fork has the same open file, and would keep the locks.
  io_.flock(users_.fd(), LOCK_UN);
  withdraw_user(io_, users_.fd());
}

void LiveSight::view(FunctionRef<void(const Snapshot&)> body) {
  const SlotGuard guard(environment_.slots());
  Snapshot snapshot;
  while (!log_.take_snapshot(guard.slot(), snapshot)) environment_.adopt_map(&guard.slot());
  body(snapshot);
}

}  // namespace larder::lmdb
