// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/backoff.h"
#include "engine/lmdb/layout.h"
#include "engine/lmdb/presence.h"
#include "larder/core/error.h"
#include "larder/engine/file_system.h"

namespace larder::lmdb {
namespace {

void refuse_network(Io& io, const std::filesystem::path& path) {
  const FileSystem found = describe_file_system(io.file_system_type(path));
  if (found.kind != FileSystemKind::network) return;
  throw Error(ErrorKind::not_supported,
              path.string() + " is on a network file system (" + std::string(found.name) +
                  "), where processes of different machines cannot share memory; choose a local "
                  "directory");
}

/// LMDB opens its files by name and would follow a link.
void refuse_link(Io& io, const std::filesystem::path& file) {
  // This kind of descriptor takes no lock along when it is closed.
  const File handle(io, file, O_PATH | O_NOFOLLOW);
  struct stat status{};
  if (const int result = io.fstat(handle.fd(), status); result < 0) {
    throw system_error(-result, "look at " + file.string());
  }
  if (S_ISREG(status.st_mode)) return;
  throw Error(ErrorKind::denied, file.string() + " is a link, or no file at all: remove it");
}

/// Whoever may replace the files of a database decides what it says, and where it writes.
void refuse_everybody(Io& io, const LmdbOptions& options) {
  struct stat status{};
  if (const int result = io.stat(options.path, status); result < 0) {
    throw system_error(-result, "look at " + options.path.string());
  }
  const bool is_open = (status.st_mode & ~directory_mode(options.mode) & S_IWOTH) != 0;
  const bool is_own_and_sticky = (status.st_mode & S_ISVTX) != 0 && status.st_uid == ::geteuid();
  if (!is_open || is_own_and_sticky) return;
  throw Error(ErrorKind::denied, options.path.string() +
                                     " may be written by everybody, so nothing in it can be "
                                     "trusted: chmod o-w it, or choose a directory of its own");
}

}  // namespace

bool holds_database(Io& io, const std::filesystem::path& directory) {
  struct stat status{};
  const int result = io.stat(directory / "data.mdb", status);
  if (result < 0 && result != -ENOENT && result != -ENOTDIR) {
    throw system_error(-result, "look at " + (directory / "data.mdb").string());
  }
  return result == 0 && status.st_size > 0;
}

void check_open_mode(Io& io, const LmdbOptions& options) {
  if (options.open_mode == OpenMode::open_or_create) return;
  const bool is_there = holds_database(io, options.path);
  if (options.open_mode == OpenMode::create && is_there) {
    throw Error(ErrorKind::invalid_argument,
                "there is a database in " + options.path.string() + " already");
  }
  if (options.open_mode != OpenMode::create && !is_there) {
    throw Error(ErrorKind::invalid_argument, "there is no database in " + options.path.string());
  }
}

void check_place(Io& io, const LmdbOptions& options) {
  refuse_network(io, options.path);
  refuse_everybody(io, options);
  for (const char* name : {"data.mdb", "lock.mdb"}) refuse_link(io, options.path / name);
}

std::uint64_t disk_bytes_in(Io& io, const std::filesystem::path& directory) {
  std::uint64_t bytes = 0;
  io.list(directory, [&](std::string_view name) {
    struct stat status{};
    if (io.stat(directory / name, status) == 0) {
      bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    }
  });
  return bytes;
}

mode_t directory_mode(mode_t file_mode) noexcept { return file_mode | ((file_mode & 0444U) >> 2U); }

void ensure_file(Io& io, const std::filesystem::path& file, mode_t mode) {
  const int fd = io.open(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd == -EEXIST) return;
  if (fd < 0) throw system_error(-fd, "create " + file.string());
  const File handle(io, fd);
  if (const int result = io.fchmod(fd, mode); result < 0) {
    throw system_error(-result, "set the permissions of " + file.string());
  }
}

DirectoryLock::DirectoryLock(const LmdbOptions& options, const EngineHooks& hooks)
    : io_(*hooks.io), timeout_(options.timeout), path_(options.path) {
  check_open_mode(io_, options);
  create_directories(io_, path_, directory_mode(options.mode));
  refuse_network(io_, path_);
  refuse_everybody(io_, options);
  for (const char* name : {"lock", "users", "data.mdb", "lock.mdb"}) {
    ensure_file(io_, path_ / name, options.mode);
  }
  check_place(io_, options);
  lock_ = File(io_, path_ / "lock", O_RDWR | O_NOFOLLOW);
  users_ = File(io_, path_ / "users", O_RDWR | O_NOFOLLOW);
  {
    const WaitingToOpen waiting(io_, users_.fd());
    take_lock();
  }
  check_open_mode(io_, options);  // somebody may have made it meanwhile
  sole_ = lock_alone();
}

DirectoryLock::~DirectoryLock() {
  // A child of a fork has the same open files, and would keep the locks.
  if (users_.fd() >= 0) io_.flock(users_.fd(), LOCK_UN);
  if (users_.fd() >= 0) withdraw_user(io_, users_.fd());
  if (lock_.fd() >= 0) io_.flock(lock_.fd(), LOCK_UN);
}

bool DirectoryLock::lock_alone() const {
  const int result = io_.flock(users_.fd(), LOCK_EX | LOCK_NB);
  if (result == 0) return true;
  if (result == -EWOULDBLOCK) return false;
  throw system_error(-result, "lock " + path_.string());
}

void DirectoryLock::take_lock() {
  Backoff backoff(timeout_);
  for (;;) {
    const int result = io_.flock(lock_.fd(), LOCK_EX | LOCK_NB);
    if (result == 0) return;
    if (result != -EWOULDBLOCK) throw system_error(-result, "lock " + path_.string());
    if (!backoff.wait()) {
      throw Error(ErrorKind::unavailable,
                  "another process is still opening or closing " + path_.string());
    }
  }
}

void DirectoryLock::opened() {
  // Not in one step, but nobody else gets at it while `lock` is held.
  if (const int result = io_.flock(users_.fd(), LOCK_SH); result < 0) {
    throw system_error(-result, "lock " + path_.string());
  }
  announce_user(io_, users_.fd());
  sole_ = false;
  io_.flock(lock_.fd(), LOCK_UN);
}

bool DirectoryLock::closing() {
  take_lock();
  sole_ = lock_alone();
  return sole_;
}

std::string log_name(std::size_t number) { return "log-" + std::to_string(number); }
std::string index_name(std::size_t number) { return "index-" + std::to_string(number); }

void remove_index_files(Io& io, const std::filesystem::path& directory) {
  for (std::size_t number = 0; number < segment_count; ++number) {
    io.unlink(directory / index_name(number));
  }
}

void remove_log_files(Io& io, const std::filesystem::path& directory) {
  remove_index_files(io, directory);
  for (std::size_t number = 0; number < segment_count; ++number) {
    io.unlink(directory / log_name(number));
  }
}

void remove_database(Io& io, const std::filesystem::path& directory) {
  remove_log_files(io, directory);
  // The database last: while there is one, another opening begins here again.
  for (const char* name : {"lock.mdb", "clean", "shared", "data.mdb"}) io.unlink(directory / name);
}

}  // namespace larder::lmdb
