// SPDX-License-Identifier: Apache-2.0
#include "larder/engine/compact.h"

#include <sys/stat.h>

#include <filesystem>

#include "core/exists.h"
#include "engine/lmdb/clean_note.h"
#include "engine/lmdb/compaction.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/layout.h"
#include "engine/lmdb/open_elsewhere.h"
#include "larder/core/error.h"
#include "larder/engine/engine.h"

namespace larder {
namespace lmdb {
namespace {

std::uint64_t disk_bytes(Io& io, const std::filesystem::path& file) {
  struct stat status{};
  if (const int result = io.stat(file, status); result < 0) {
    throw system_error(-result, "look at " + file.string());
  }
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

bool has_log(Io& io, const std::filesystem::path& directory) {
  for (std::size_t number = 0; number < segment_count; ++number) {
    if (detail::exists(io, directory / log_name(number))) return true;
  }
  return false;
}

}  // namespace
}  // namespace lmdb

CompactReport compact_lmdb(const LmdbOptions& options, const EngineHooks& hooks,
                           CompactProgress progress) {
  Io& io = *hooks.io;
  const std::filesystem::path file = options.path / "data.mdb";
  if (!detail::exists(io, file)) {
    throw Error(ErrorKind::invalid_argument, "there is no database in " + options.path.string());
  }
  LmdbOptions as_it_is = options;
  as_it_is.compact_on_close = {};
  static_cast<void>(open_lmdb(as_it_is, hooks));  // closing it brings the log to the database
  const lmdb::DirectoryLock lock(options, hooks);
  if (!lock.is_sole()) lmdb::throw_open_elsewhere(options.path, "compact");
  if (lmdb::has_log(io, options.path)) {
    throw Error(ErrorKind::unavailable, options.path.string() +
                                            ": its log could not be brought to the database, so "
                                            "it cannot be compacted; is the device full?");
  }
  CompactReport report{.bytes_before = lmdb::disk_bytes(io, file)};
  const auto second =
      lmdb::make_compact_copy(options, hooks, [&](std::uint64_t done, std::uint64_t total) {
        progress(done, total);
        return true;
      });
  second->replace();
  lmdb::write_clean_note(io, options.path, options.mode);
  report.bytes_after = lmdb::disk_bytes(io, file);
  return report;
}

}  // namespace larder
