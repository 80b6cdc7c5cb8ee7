// SPDX-License-Identifier: Apache-2.0

// A copy of a cache that is in use.

#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "cache/record.h"
#include "cache/state.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

void copy_content(Io& io, int from, int to, const std::filesystem::path& path) {
  Bytes buffer(piece_bytes);
  for (;;) {
    const ssize_t size = io.read(from, buffer.data(), buffer.size());
    if (size < 0) throw system_error(static_cast<int>(size), "copy to " + path.string());
    if (size == 0) return;
    write_all(io, to, BytesView(buffer).first(static_cast<std::size_t>(size)), path);
  }
}

}  // namespace

/// Where a copy goes.
struct CacheCore::Copy {
  ReadTxn& source;
  Engine& engine;
  WriteTxn& txn;
  std::vector<std::shared_ptr<FileStore>>& files;
};

namespace {

EnginePtr open_empty(const std::filesystem::path& directory, const CacheCore::State& state) {
  EnginePtr engine = open_lmdb({.path = directory, .mode = state.engine->place().mode},
                               {.clock = state.hooks.clock, .io = state.hooks.io});
  if (engine->info().entries > 0) {
    throw Error(ErrorKind::invalid_argument,
                "cache: " + directory.string() + " holds something: back up to a new directory");
  }
  return engine;
}

}  // namespace

bool FileStore::take_over(FileStore& source, const FileRef& ref) {
  const int from = source.open_name(ref.name, O_RDONLY);
  if (from == -ENOENT) return false;
  if (from < 0) throw system_error(from, "open " + source.path_of(ref.name).string());
  const File original(io_, from);
  const std::filesystem::path path = path_of(ref.name);
  const File directory = bucket(ref.name, Missing::make);
  int result = io_.link(source.path_of(ref.name), path);
  if (result == 0) {
    result = io_.fdatasync(from);
  } else if (result != -EEXIST) {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const int fd = io_.openat(directory.fd(), leaf_of(ref.name), flags, place_.mode);
    if (fd < 0) throw system_error(fd, "create " + path.string());
    const File copy(io_, fd);
    copy_content(io_, from, fd, path);
    result = io_.fchmod(fd, place_.mode);
    if (result == 0) result = io_.fdatasync(fd);
  }
  if (result < 0) throw system_error(result, "copy to " + path.string());
  return true;
}

std::uint64_t CacheCore::copy_to(Copy& target) const {
  const auto files =
      std::make_shared<FileStore>(target.engine, *state_->hooks.io, state_->files->name());
  target.files.push_back(files);
  for (const Space space :
       {Space::expiry, Space::tag, Space::order, Space::meta, Space::record, Space::sub_name}) {
    target.source.scan(state_->layout.range(space), Direction::forward,
                       [&](BytesView at, BytesView value) {
                         target.txn.put(at, value);
                         if (space != Space::record) return Visit::more;
                         const auto record = open_record(value, at);
                         if (record && record->file) {
                           if (files->take_over(*state_->files, *record->file)) {
                             files->bring_along(target.txn, record->file->name);
                           }
                         }
                         return Visit::more;
                       });
  }
  std::uint64_t entries = load_meta(target.source, state_->layout).entries;
  for_each_sub([&](const std::string&, const std::shared_ptr<CacheCore>& sub) {
    entries += sub->copy_to(target);
  });
  return entries;
}

std::uint64_t CacheCore::backup(const std::filesystem::path& directory) const {
  const State& state = parts_.empty() ? *state_ : parts_.front()->state();
  if (state.is_read_only) throw read_only_error(state.path);
  if (!parts_.empty()) return backup_parts(directory);
  if (state_->parent) {
    throw Error(ErrorKind::not_supported,
                "cache: a sub-cache is copied with the cache around it, not alone");
  }
  const EnginePtr engine = open_empty(directory, *state_);
  std::vector<std::shared_ptr<FileStore>> files;
  std::uint64_t entries = 0;
  // In an update no value file goes away meanwhile. It changes nothing.
  state_->engine->update(
      [&](WriteTxn& source) {
        engine->update([&](WriteTxn& txn) {
          Copy target{.source = source, .engine = *engine, .txn = txn, .files = files};
          entries = copy_to(target);
        });
      },
      {.deadline = std::nullopt, .frees_space = true});
  engine->sync();
  for (const auto& store : files) {
    InFlight& in_flight = store->in_flight();
    in_flight.all_swept(in_flight.expectations());
  }
  return entries;
}

}  // namespace larder::detail
