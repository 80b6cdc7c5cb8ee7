// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/second_database.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "engine/lmdb/clean_note.h"
#include "engine/lmdb/directory.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

std::filesystem::path place_in(const std::filesystem::path& directory) {
  return directory / "second";
}

LmdbOptions options_at(const std::filesystem::path& path, const LmdbOptions& options) {
  LmdbOptions made = options;
  made.path = path;
  made.durability = Durability::disposable;  // synced once, at the end
  return made;
}

}  // namespace

SecondDatabase::SecondDatabase(const LmdbOptions& options, const EngineHooks& hooks)
    : options_(options), io_(*hooks.io), path_(place_in(options.path)) {
  remove_remains(io_, options.path);
  const int result = io_.mkdir(path_, directory_mode(options.mode));
  if (result < 0) throw system_error(-result, "create " + path_.string());
  try {
    for (const char* name : {"data.mdb", "lock.mdb"}) ensure_file(io_, path_ / name, options.mode);
    environment_.emplace(options_at(path_, options), hooks, Environment::FileState::idle);
  } catch (...) {
    remove_remains(io_, options.path);
    throw;
  }
}

SecondDatabase::~SecondDatabase() {
  environment_.reset();
  remove_remains(io_, options_.path);
}

void SecondDatabase::remove_remains(Io& io, const std::filesystem::path& directory) noexcept {
  try {
    const std::filesystem::path place = place_in(directory);
    const int result = io.rmdir(place);
    // Neither gone now nor there before, nor a link that leads elsewhere.
    if (result != -ENOTEMPTY && result != -EEXIST) return;
    for (const char* name : {"data.mdb", "lock.mdb"}) io.unlink(place / name);
    io.rmdir(place);
  } catch (...) {  // NOLINT(bugprone-empty-catch): the next one tries again
  }
}

void SecondDatabase::finish(std::uint64_t applied) {
  environment_->write([&](LmdbWrite& write) { write.set_applied(applied); }, nullptr);
  environment_->sync();
  environment_->reserve_space();
  environment_.reset();
}

bool SecondDatabase::has_owner_of_the_other() const {
  struct stat mine{};
  struct stat other{};
  return io_.stat(path_ / "data.mdb", mine) == 0 &&
         io_.stat(options_.path / "data.mdb", other) == 0 && mine.st_uid == other.st_uid &&
         mine.st_gid == other.st_gid;
}

void SecondDatabase::take_permissions() {
  struct stat other{};
  if (const int result = io_.stat(options_.path / "data.mdb", other); result < 0) {
    throw system_error(-result, "look at " + (options_.path / "data.mdb").string());
  }
  const File file(io_, path_ / "data.mdb", O_RDONLY | O_NOFOLLOW);
  if (const int result = io_.fchmod(file.fd(), other.st_mode & 07777U); result < 0) {
    throw system_error(-result, "set the permissions of " + (path_ / "data.mdb").string());
  }
}

void SecondDatabase::replace() {
  take_permissions();
  // The note is about the old file.
  remove_clean_note(io_, options_.path);
  sync_directory(io_, options_.path);
  io_.point("second.finished");
  if (const int result = io_.rename(path_ / "data.mdb", options_.path / "data.mdb"); result < 0) {
    throw system_error(-result, "put the copy in the place of " + options_.path.string());
  }
  io_.point("second.replaced");
  sync_directory(io_, options_.path);
}

}  // namespace larder::lmdb
