// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/compaction.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "engine/lmdb/table_view.h"

namespace larder::lmdb {
namespace {

constexpr std::uint64_t bytes_in_step = std::uint64_t{8} << 20U;
constexpr std::uint64_t entries_between_questions = 256;

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

  /// False if `go_on` ended it.
  [[nodiscard]] bool run(GoOn go_on) {
    for (Step step; !step.is_last;) {
      const Step from = step;
      target_.write([&](LmdbWrite& write) { step = copy_from(from, write, go_on); }, nullptr);
      if (step.is_ended) return false;
      target_.sync();  // else the device would have to take it all at the end, at one go
    }
    return go_on(table_.entries(), table_.entries());
  }

 private:
  struct Step {
    Bytes next = {};  ///< The first key that is not there yet; empty at the beginning.
    std::uint64_t done = 0;
    bool is_last = false;
    bool is_ended = false;
  };

  Step copy_from(const Step& from, LmdbWrite& write, GoOn go_on) {
    Step step{.done = from.done};
    TableCursor cursor(table_);
    auto entry = cursor.at_or_after(from.next);
    for (std::uint64_t bytes = 0; entry; entry = cursor.beside(entry->key, Direction::forward)) {
      if (bytes >= bytes_in_step) {
        step.next = to_bytes(entry->key);
        return step;
      }
      if (step.done % entries_between_questions == 0 && !go_on(step.done, table_.entries())) {
        step.is_ended = true;
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

/// How much there is to be copied in `time`, with a device of middling speed.
std::uint64_t bytes_in(std::chrono::milliseconds time) {
  constexpr std::uint64_t bytes_per_ms = 256U << 10U;
  constexpr std::int64_t most_ms = std::int64_t{1} << 40U;
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(time.count(), 0, most_ms)) *
         bytes_per_ms;
}

/// Whether the device and the limits of the process have ample room for a file of `bytes`. A write
/// beyond the limit on the size of files would kill the process.
bool has_room(Io& io, const std::filesystem::path& directory, std::uint64_t bytes) {
  constexpr std::uint64_t more = std::uint64_t{16} << 20U;
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes + more) return false;
  const std::int64_t free = io.free_bytes(directory);
  return free < 0 || static_cast<std::uint64_t>(free) >= 2 * bytes + more;
}

/// Whether the copy would belong to whom the file belongs.
bool is_own(Io& io, const std::filesystem::path& directory) {
  struct stat status{};
  return io.stat(directory / "data.mdb", status) == 0 && status.st_uid == ::geteuid();
}

}  // namespace

bool is_worth_compacting(Environment& environment, const LmdbOptions& options, Io& io,
                         std::uint64_t written) {
  constexpr std::uint64_t least_gain = std::uint64_t{1} << 20U;
  constexpr std::uint64_t soon_copied = std::uint64_t{16} << 20U;
  const std::uint64_t used = environment.used_bytes();
  const std::uint64_t live = environment.live_bytes();
  // Pages are never less than a quarter full, or nearly so: no need to look at a sample of them.
  const bool may_be_paid_for = written >= live / 8 || live / 4 <= soon_copied;
  if (written == 0 || used < least_gain || !may_be_paid_for) return false;
  const std::uint64_t packed = environment.packed_bytes();
  const bool has_gain = used >= packed + packed / 2 + least_gain;
  // The copy takes about as long as writing it did, so who wrote little is not made to wait.
  const bool is_paid_for = written >= packed / 2 || (used >= 3 * packed && packed <= soon_copied);
  return has_gain && is_paid_for && packed <= bytes_in(options.compact_on_close) &&
         is_own(io, options.path) && has_room(io, options.path, packed);
}

std::unique_ptr<SecondDatabase> make_compact_copy(const LmdbOptions& options,
                                                  const EngineHooks& hooks, GoOn go_on) {
  auto second = std::make_unique<SecondDatabase>(options, hooks);
  Environment source(options, hooks, Environment::FileState::idle);
  if (!Copy(source, second->environment()).run(go_on)) return nullptr;
  second->finish(source.applied());
  return second;
}

}  // namespace larder::lmdb
