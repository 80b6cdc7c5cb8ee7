// SPDX-License-Identifier: Apache-2.0
//
// A compaction copies the entries in key order to a second database and puts its file in the place
// of the first. LMDB can copy its file itself, but walks through damaged pages unchecked.
#include "larder/engine/compact.h"

#include <sys/stat.h>

#include <filesystem>

#include "engine/lmdb/clean_note.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/environment.h"
#include "engine/lmdb/layout.h"
#include "engine/lmdb/open_elsewhere.h"
#include "engine/lmdb/second_database.h"
#include "engine/lmdb/table_view.h"
#include "larder/core/error.h"
#include "larder/engine/engine.h"

namespace larder {
namespace lmdb {
namespace {

constexpr std::uint64_t bytes_in_step = std::uint64_t{32} << 20U;

std::uint64_t disk_bytes(Io& io, const std::filesystem::path& file) {
  struct stat status{};
  if (const int result = io.stat(file, status); result < 0) {
    throw system_error(-result, "look at " + file.string());
  }
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

bool has_log(Io& io, const std::filesystem::path& directory) {
  struct stat status{};
  for (std::size_t number = 0; number < segment_count; ++number) {
    if (io.stat(directory / log_name(number), status) == 0) return true;
  }
  return false;
}

/// Copies the entries of one database to an empty one, some in each transaction.
class Copy {
 public:
  Copy(Environment& source, Environment& target)
      : source_(source), target_(target), guard_(source.slots()) {
    while (!source_.begin_read(guard_.slot())) source_.adopt_map(&guard_.slot());
    table_ = TableView(source_, guard_.slot());
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  void run(CompactProgress progress) {
    for (Step step; !step.is_last;) {
      const Step from = step;
      target_.write([&](LmdbWrite& write) { step = copy_from(from, write); }, nullptr);
      progress(step.done, table_.entries());
    }
  }

 private:
  struct Step {
    Bytes next = {};  ///< The first key that is not there yet; empty at the beginning.
    std::uint64_t done = 0;
    bool is_last = false;
  };

  Step copy_from(const Step& from, LmdbWrite& write) {
    Step step{.done = from.done};
    TableCursor cursor(table_);
    auto entry = cursor.at_or_after(from.next);
    for (std::uint64_t bytes = 0; entry; entry = cursor.beside(entry->key, Direction::forward)) {
      if (bytes >= bytes_in_step) {
        step.next = to_bytes(entry->key);
        return step;
      }
      write.append(entry->key, entry->value);
      bytes += entry->key.size() + entry->value.size();
      ++step.done;
    }
    step.is_last = true;
    return step;
  }

  Environment& source_;
  Environment& target_;
  SlotGuard guard_;
  TableView table_;
};

void make_copy(const LmdbOptions& options, const EngineHooks& hooks, SecondDatabase& second,
               CompactProgress progress) {
  Environment source(options, hooks, Environment::FileState::idle);
  Copy(source, second.environment()).run(progress);
  second.finish(source.applied());
}

}  // namespace
}  // namespace lmdb

CompactReport compact_lmdb(const LmdbOptions& options, const EngineHooks& hooks,
                           CompactProgress progress) {
  Io& io = *hooks.io;
  const std::filesystem::path file = options.path / "data.mdb";
  struct stat status{};
  if (io.stat(file, status) < 0) {
    throw Error(ErrorKind::invalid_argument, "there is no database in " + options.path.string());
  }
  static_cast<void>(open_lmdb(options, hooks));  // closing it brings the log to the database
  const lmdb::DirectoryLock lock(options, hooks);
  if (!lock.is_sole()) lmdb::throw_open_elsewhere(options.path, "compact");
  if (lmdb::has_log(io, options.path)) {
    throw Error(ErrorKind::unavailable, options.path.string() +
                                            ": its log could not be brought to the database, so "
                                            "it cannot be compacted; is the device full?");
  }
  CompactReport report{.bytes_before = lmdb::disk_bytes(io, file)};
  {
    lmdb::SecondDatabase second(options, hooks);
    lmdb::make_copy(options, hooks, second, progress);
    second.replace();
    lmdb::write_clean_note(io, options.path, options.mode);
  }
  report.bytes_after = lmdb::disk_bytes(io, file);
  return report;
}

}  // namespace larder
