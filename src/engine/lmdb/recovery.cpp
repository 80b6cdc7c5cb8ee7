// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/recovery.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "engine/lmdb/directory.h"
#include "engine/lmdb/log_check.h"
#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder::lmdb {
namespace {

struct LogFile {
  std::uint64_t base;
  Bytes content;
};

std::vector<LogFile> read_log_files(Io& io, const std::filesystem::path& directory) {
  std::vector<LogFile> files;
  for (std::size_t number = 0; number < segment_count; ++number) {
    const std::filesystem::path path = directory / ("log-" + std::to_string(number));
    struct stat status{};
    if (io.stat(path, status) < 0) continue;
    LogFile file{.base = 0, .content = read_file(io, path)};
    const std::optional<std::uint64_t> base = base_sequence(file.content);
    if (!base) continue;
    file.base = *base;
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const LogFile& a, const LogFile& b) { return a.base < b.base; });
  return files;
}

std::filesystem::path note_path(const LmdbOptions& options) { return options.path / "disposable"; }

}  // namespace

std::uint64_t recover(const LmdbOptions& options, const EngineHooks& hooks,
                      Environment& environment) {
  const std::uint64_t applied = environment.applied();
  const std::vector<LogFile> files = read_log_files(*hooks.io, options.path);
  std::uint64_t next = applied + 1;
  const auto ignore = [](BytesView, BytesView, EntryKind) {};
  for (const LogFile& file : files) next = replay_log(file.content, next, ignore);
  if (next > applied + 1) {
    environment.write(
        [&](LmdbWrite& write) {
          std::uint64_t at = applied + 1;
          for (const LogFile& file : files) {
            at = replay_log(file.content, at, [&](BytesView key, BytesView value, EntryKind kind) {
              if (kind == EntryKind::erase) {
                write.erase(key);
              } else {
                write.put(key, value);
              }
            });
          }
          write.set_applied(at - 1);
        },
        nullptr);
    if (hooks.log) {
      hooks.log(LogLevel::info, options.path.string() + ": recovered " +
                                    std::to_string(next - applied - 1) + " updates from the log");
    }
  }
  hooks.io->point("recovery.applied");
  remove_log_files(*hooks.io, options.path);
  return next - 1;
}

void start_disposable(const LmdbOptions& options, const EngineHooks& hooks) {
  Io& io = *hooks.io;
  const std::string boot = hooks.boot_id ? *hooks.boot_id : boot_id();
  struct stat status{};
  const Bytes note =
      io.stat(note_path(options), status) == 0 ? read_file(io, note_path(options)) : Bytes();
  // An empty note was never finished: the database had not been touched since its last good end.
  if (!note.empty() && as_text(note) != boot) {
    remove_database(io, options.path);
    sync_directory(io, options.path);  // before the note may change
    for (const char* name : {"data.mdb", "lock.mdb"}) {
      ensure_file(io, options.path / name, options.mode);
    }
    if (hooks.log) {
      hooks.log(LogLevel::warning, options.path.string() +
                                       ": the machine went down while this disposable database "
                                       "was open; it starts empty");
    }
  }
  if (options.durability != Durability::disposable) return;
  ensure_file(io, note_path(options), options.mode);
  const File file(io, note_path(options), O_WRONLY | O_NOFOLLOW);
  if (as_text(note) != boot) {
    if (const int result = io.ftruncate(file.fd(), 0); result < 0) {
      throw system_error(-result, "truncate " + note_path(options).string());
    }
    pwrite_all(io, file.fd(), as_bytes(boot), 0, note_path(options));
  }
  if (const int result = io.fsync(file.fd()); result < 0) {
    throw system_error(-result, "sync " + note_path(options).string());
  }
  sync_directory(io, options.path);
}

void end_disposable(const LmdbOptions& options, const EngineHooks& hooks) {
  hooks.io->unlink(note_path(options));
}

}  // namespace larder::lmdb
