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

#include "core/exists.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/log_replay.h"
#include "engine/lmdb/step_writer.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

/// The log files in a directory, in order.
struct FoundLog {
  std::vector<Bytes> contents;  ///< What `files` look into.
  std::vector<LogFile> files;
};

FoundLog read_log_files(Io& io, const std::filesystem::path& directory) {
  FoundLog found;
  for (std::size_t number = 0; number < segment_count; ++number) {
    const std::filesystem::path path = directory / log_name(number);
    if (!detail::exists(io, path)) continue;
    Bytes content = read_file(io, path);
    const std::optional<LogStart> start = read_log_start(content);
    if (!start) continue;
    found.files.push_back({.start = *start, .content = content});
    found.contents.push_back(std::move(content));  // its bytes stay where they are
  }
  std::ranges::sort(found.files, {}, [](const LogFile& file) { return file.start.base_sequence; });
  return found;
}

std::filesystem::path note_path(const LmdbOptions& options) { return options.path / "disposable"; }

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
    if (!detail::exists(io, path)) continue;
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

/// What is sure to be there of `files`; brings to the device what it takes.
std::uint64_t check_needed_files(const LmdbOptions& options, const EngineHooks& hooks,
                                 const std::vector<LogFile>& files, std::uint64_t next) {
  const Countable counts = what_counts(files, next, hooks.boot());
  if (counts.is_only_in_memory) sync_file_system(*hooks.io, options.path);
  if (counts.lost > 0 && hooks.log) {
    hooks.log(LogLevel::info, options.path.string() + ": the last " + std::to_string(counts.lost) +
                                  " updates do not count: files that they need may not have "
                                  "reached the device before the machine went down");
  }
  return counts.files_through;
}

}  // namespace

std::uint64_t recover(const LmdbOptions& options, const EngineHooks& hooks,
                      Environment& environment) {
  const std::uint64_t applied = environment.applied();
  // They hold as much space as the log itself, which LMDB may need now.
  remove_index_files(*hooks.io, options.path);
  const FoundLog log = read_log_files(*hooks.io, options.path);
  const std::vector<LogFile>& files = log.files;
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

std::uint64_t before_log(const LmdbOptions& options, const EngineHooks& hooks) {
  const FoundLog log = read_log_files(*hooks.io, options.path);
  const std::uint64_t first = log.files.empty() ? 0 : log.files.front().start.base_sequence;
  return first == 0 ? 0 : first - 1;
}

namespace {

/// What the note says, if there is one.
Bytes read_note(const LmdbOptions& options, const EngineHooks& hooks) {
  if (!detail::exists(*hooks.io, note_path(options))) return {};
  return read_file(*hooks.io, note_path(options));
}

}  // namespace

bool is_lost_disposable(const LmdbOptions& options, const EngineHooks& hooks) {
  const Bytes note = read_note(options, hooks);
  // An empty note was never finished: the database had not been touched since its last good end.
  return !note.empty() && as_text(note) != hooks.boot();
}

void start_disposable(const LmdbOptions& options, const EngineHooks& hooks) {
  Io& io = *hooks.io;
  const std::string boot = hooks.boot();
  const Bytes note = read_note(options, hooks);
  if (is_lost_disposable(options, hooks)) {
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
