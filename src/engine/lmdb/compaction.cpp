// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/compaction.h"

#include "engine/lmdb/device_space.h"
#include "engine/lmdb/table_view.h"

namespace larder::lmdb {
namespace {

constexpr std::uint64_t bytes_in_step = std::uint64_t{32} << 20U;

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
      target_.write([&](LmdbWrite& write) { step = copy_from(from, write); }, nullptr);
      if (!go_on(step.done, table_.entries())) return false;
    }
    return true;
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

}  // namespace

bool is_worth_compacting(Environment& environment, const LmdbOptions& options, Io& io,
                         std::uint64_t written) {
  constexpr std::uint64_t least_gain = std::uint64_t{1} << 20U;
  const std::uint64_t used = environment.used_bytes();
  if (options.compact_on_close_bytes == 0 || used < least_gain) return false;
  const std::uint64_t packed = environment.packed_bytes();
  const bool has_gain = used >= packed + packed / 2 + least_gain;
  // The copy takes about as long as writing it did, so who wrote little is not made to wait.
  const bool is_paid_for = written >= packed / 2 || used >= 3 * packed;
  return has_gain && is_paid_for && packed <= options.compact_on_close_bytes &&
         !DeviceSpace(io, options.path).lacks(2 * packed);
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
