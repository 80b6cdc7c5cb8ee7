// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/recovery.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/lmdb/directory.h"
#include "engine/lmdb/log_check.h"
#include "engine/lmdb/step_writer.h"
#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder::lmdb {
namespace {

struct LogFile {
  LogStart start;
  Bytes content;
};

std::vector<LogFile> read_log_files(Io& io, const std::filesystem::path& directory) {
  std::vector<LogFile> files;
  for (std::size_t number = 0; number < segment_count; ++number) {
    const std::filesystem::path path = directory / log_name(number);
    struct stat status{};
    if (io.stat(path, status) < 0) continue;
    LogFile file{.start = {}, .content = read_file(io, path)};
    const std::optional<LogStart> start = read_log_start(file.content);
    if (!start) continue;
    file.start = *start;
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const LogFile& a, const LogFile& b) {
    return a.start.base_sequence < b.start.base_sequence;
  });
  return files;
}

std::filesystem::path note_path(const LmdbOptions& options) { return options.path / "disposable"; }

/// Calls `visit` for every entry from sequence number `next` on, see `replay_log`. Returns the
/// number that would come next.
std::uint64_t replay(std::span<const LogFile> files, std::uint64_t next,
                     std::uint64_t files_through, FunctionRef<void(const LogEntry&)> visit) {
  for (const LogFile& file : files) {
    next = replay_log(
        file.content, next,
        [&](BytesView key, BytesView value, EntryKind kind) {
          visit({.key = key, .value = value, .erased = kind == EntryKind::erase});
        },
        files_through);
  }
  return next;
}

/// A transaction of LMDB for each file: all at once may be too much to hold in memory.
void apply(const std::vector<LogFile>& files, std::uint64_t next, std::uint64_t files_through,
           Environment& environment) {
  for (const LogFile& file : files) {
    const std::uint64_t first = next;
    environment.write(
        [&](LmdbWrite& write) {
          next = replay({&file, 1}, first, files_through,
                        [&](const LogEntry& entry) { write.apply(entry); });
          if (next > first) write.set_applied(next - 1);
        },
        nullptr);
  }
}

struct KeyOrder {
  bool operator()(BytesView a, BytesView b) const noexcept { return compare(a, b) < 0; }
};

/// The same on a full device: only what the log says last about each key.
void apply_in_steps(const std::vector<LogFile>& files, std::uint64_t next,
                    std::uint64_t files_through, Environment& environment,
                    std::function<void()> sync_log) {
  std::map<BytesView, LogEntry, KeyOrder> last_of;
  const std::uint64_t end = replay(files, next, files_through,
                                   [&](const LogEntry& entry) { last_of[entry.key] = entry; });
  StepWriter steps(environment, StepSize::small(), nullptr, std::move(sync_log));
  steps.erase_then_put(end - 1, [&](StepWriter::Take take) {
    for (const auto& [key, entry] : last_of) take(entry);
  });
}

void sync_log_files(Io& io, const std::filesystem::path& directory) {
  for (std::size_t number = 0; number < segment_count; ++number) {
    const std::filesystem::path path = directory / log_name(number);
    struct stat status{};
    if (io.stat(path, status) < 0) continue;
    const File file(io, path, O_RDONLY | O_NOFOLLOW);
    if (const int result = io.fsync(file.fd()); result < 0) {
      throw system_error(-result, "sync " + path.string());
    }
  }
}

void sync_file_system(Io& io, const std::filesystem::path& directory) {
  const File handle(io, directory, O_RDONLY | O_DIRECTORY);
  if (const int result = io.syncfs(handle.fd()); result < 0) {
    throw system_error(-result, "sync " + directory.string());
  }
}

/// Up to which transaction of the log `files` are there that transactions need: if the machine was
/// not started anew since, all of them, which are then brought to the device.
std::uint64_t check_needed_files(const LmdbOptions& options, const EngineHooks& hooks,
                                 const std::vector<LogFile>& files, std::uint64_t next) {
  std::uint64_t through = 0;
  for (const LogFile& file : files) through = std::max(through, file.start.files_through);
  const auto ignore = [](const LogEntry&) {};
  const std::uint64_t all = replay(files, next, UINT64_MAX, ignore);
  const std::uint64_t sure = replay(files, next, through, ignore);
  if (sure == all) return through;
  const std::uint32_t boot = boot_tag(hooks.boot_id ? *hooks.boot_id : boot_id());
  const bool is_same_boot = std::ranges::all_of(
      files, [&](const LogFile& file) { return file.start.boot == 0 || file.start.boot == boot; });
  if (is_same_boot) {
    sync_file_system(*hooks.io, options.path);
    return UINT64_MAX;
  }
  if (hooks.log) {
    hooks.log(LogLevel::info, options.path.string() + ": the last " + std::to_string(all - sure) +
                                  " updates do not count: files that they need may not have "
                                  "reached the device before the machine went down");
  }
  return through;
}

}  // namespace

std::uint64_t recover(const LmdbOptions& options, const EngineHooks& hooks,
                      Environment& environment) {
  const std::uint64_t applied = environment.applied();
  // They hold as much space as the log itself, which LMDB may need now.
  remove_index_files(*hooks.io, options.path);
  const std::vector<LogFile> files = read_log_files(*hooks.io, options.path);
  const std::uint64_t through = check_needed_files(options, hooks, files, applied + 1);
  const std::uint64_t next = replay(files, applied + 1, through, [](const LogEntry&) {});
  if (next > applied + 1) {
    try {
      apply(files, applied + 1, through, environment);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::full) throw;
      apply_in_steps(files, environment.applied() + 1, through, environment, [&] {
        // So far the log only had to survive processes.
        if (options.durability != Durability::disposable) sync_log_files(*hooks.io, options.path);
      });
    }
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
