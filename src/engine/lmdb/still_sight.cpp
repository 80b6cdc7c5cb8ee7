// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/lmdb/clean_note.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/log_replay.h"
#include "engine/lmdb/recovery.h"
#include "engine/lmdb/sight.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

struct stat stat_data(Io& io, const std::filesystem::path& directory) {
  struct stat status{};
  if (const int result = io.stat(directory / "data.mdb", status); result < 0) {
    throw system_error(-result, "look at " + (directory / "data.mdb").string());
  }
  return status;
}

/// Looks at what can be wrong with a database before a page of it is read.
struct stat check_notes(const LmdbOptions& options, const EngineHooks& hooks) {
  if (is_lost_disposable(options, hooks)) {
    throw Error(ErrorKind::unavailable,
                options.path.string() +
                    ": the machine went down while this disposable database was open; there is "
                    "nothing to read until somebody opens it to write, which starts it empty");
  }
  check_clean_note(*hooks.io, options.path);
  return stat_data(*hooks.io, options.path);
}

}  // namespace

/// A log file with an index of this process's own.
struct StillSight::OwnLog {
  LogFile file;
  std::unique_ptr<Segment> segment;
};

StillSight::StillSight(const LmdbOptions& options, const EngineHooks& hooks)
    : options_(options),
      hooks_(hooks),
      io_(*hooks.io),
      data_(check_notes(options, hooks)),
      environment_(options, hooks, Environment::FileState::idle),
      applied_(environment_.applied()) {
  for (std::size_t number = 0; number < segment_count; ++number) {
    traces_[number] = trace_of(number);
  }
  read_log();
}

StillSight::LogTrace StillSight::trace_of(std::size_t number) const {
  LogTrace trace;
  const std::filesystem::path path = options_.path / log_name(number);
  const int fd = io_.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd == -ENOENT) return trace;
  if (fd < 0) throw system_error(-fd, "open " + path.string());
  const File file(io_, fd);
  struct stat status{};
  if (const int result = io_.fstat(fd, status); result < 0) {
    throw system_error(-result, "look at " + path.string());
  }
  trace.file = status.st_ino;
  trace.changed = status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec;
  // Shorter ones hold nothing.
  static_cast<void>(io_.pread(fd, trace.head.data(), trace.head.size(), 0));
  return trace;
}

void StillSight::read_log() {
  std::vector<OwnLog> logs;
  for (std::uint32_t number = 0; number < segment_count; ++number) {
    if (traces_[number].file == 0) continue;
    auto segment = std::make_unique<Segment>(io_, options_.path, number, Segment::Index::own);
    const std::optional<LogStart> start = read_log_start(segment->content());
    if (!start) continue;
    logs.push_back(
        {.file = {.start = *start, .content = segment->content()}, .segment = std::move(segment)});
  }
  std::ranges::sort(logs, {}, [](const OwnLog& log) { return log.file.start.base_sequence; });
  std::vector<LogFile> files;
  files.reserve(logs.size());
  for (const OwnLog& log : logs) files.push_back(log.file);
  const Countable counts = what_counts(files, applied_ + 1, hooks_.boot());
  std::uint64_t next = applied_ + 1;
  for (OwnLog& log : logs) next = index(log, next, counts.files_through);
  layers_.sort();
}

std::uint64_t StillSight::index(OwnLog& log, std::uint64_t next, std::uint64_t files_through) {
  std::uint64_t entries = 0;
  const std::uint64_t end =
      replay({&log.file, 1}, next, files_through, [&](const LogEntry&) { ++entries; });
  if (entries == 0) return end;
  log.segment->make_index(entries, log.file.start.base_sequence);
  Random random(random_seed());
  replay({&log.file, 1}, next, files_through,
         [&](const LogEntry& entry) { log.segment->index_entry(entry.key, random); });
  layers_.add({log.segment.get(), log.segment->content().size()});
  segments_.push_back(std::move(log.segment));
  return end;
}

bool StillSight::is_current() {
  const struct stat now = stat_data(io_, options_.path);
  if (now.st_dev != data_.st_dev || now.st_ino != data_.st_ino) return false;
  if (environment_.applied() != applied_) return false;
  for (std::size_t number = 0; number < segment_count; ++number) {
    if (trace_of(number) != traces_[number]) return false;
  }
  return true;
}

void StillSight::view(FunctionRef<void(const Snapshot&)> body) {
  const SlotGuard guard(environment_.slots());
  while (!environment_.begin_read(guard.slot())) environment_.adopt_map(&guard.slot());
  body({.table = TableView(environment_, guard.slot()), .sealed = layers_});
}

}  // namespace larder::lmdb
