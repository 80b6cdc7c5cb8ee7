// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/meta.h"
#include "cache/patience.h"
#include "cache/record.h"
#include "cache/removed.h"
#include "cache/state.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// What finding does with an entry that only loads may still fall back to.
enum class IfStale { removed, kept };

/// The records and indexes of a cache within one update: keeps them and the counters in step.
///
/// Not thread-safe. Lives inside one engine update.
class Table {
 public:
  /// Reads settings and counters.
  Table(const CacheCore::State& state, WriteTxn& txn);

  /// Writes the counters if they changed. To be called at the end, unless it threw.
  void save();

  /// The time of this update: one moment for all it does.
  [[nodiscard]] WallTime now() const noexcept { return now_; }
  [[nodiscard]] const Settings& settings() const noexcept { return meta_.settings; }
  /// When an entry expires that is stored without a lifetime of its own.
  [[nodiscard]] WallTime default_expiry() const noexcept;
  void set_settings(const Settings& settings) { meta_.settings = settings; }
  [[nodiscard]] const Meta& meta() const noexcept { return meta_; }
  [[nodiscard]] Tally& tally() noexcept { return tally_; }
  /// Whether a damaged record was found, and removed, on the way.
  [[nodiscard]] bool met_damage() const noexcept { return met_damage_; }

  /// The live entry of `key`, valid until the next change. What is under `key` and expired or
  /// damaged is removed at once, so that it is in nobody's way; who changes only live entries
  /// leaves what loads may still fall back to.
  [[nodiscard]] std::optional<Record> find(BytesView key, IfStale if_stale = IfStale::removed);

  /// Stores `record` under `key` in place of `old`, the live entry that `find()` returned. Its
  /// sequence number is chosen here. Returns false, with nothing stored, if there is no room.
  bool write(BytesView key, Record record, const std::optional<Record>& old);

  /// The key of the first or last entry in key order, or nothing.
  [[nodiscard]] std::optional<Bytes> end_key(Direction direction);

  /// Calls `hook` once the outermost update has been committed.
  void after_commit(std::function<void()> hook);

  /// Keeps the file that the record just written names, if the update is committed.
  void keep_file(const std::shared_ptr<NewFile>& file);

  /// Removes the entry of `key`, whose record is `record`.
  void remove(BytesView key, const Record& record, Event cause);

  /// What one of several batches did.
  struct Batch {
    std::uint64_t removed = 0;  ///< Entries that went.
    bool is_last = true;        ///< There is nothing more to do.
  };

  /// Removes some of what is expired or was cleared: what a write does in passing.
  void tidy();

  /// Makes the cache empty, at the cost of one write. Returns how many entries there were. They go
  /// with `sweep()`.
  std::uint64_t clear();

  /// Removes up to `limit` cleared entries.
  Batch sweep(std::uint64_t limit);

  /// Removes up to `limit` expired entries, earliest first.
  Batch expire(std::uint64_t limit);

  /// Sees to it that up to `limit` entries from `next` on, in insertion order, expire no later than
  /// `max_age` allows. Moves `next` behind them.
  Batch limit_ages(std::uint64_t& next, std::uint64_t limit);

  /// Removes up to `limit` entries by policy while the cache is above its limits.
  Batch evict(std::uint64_t limit);

  /// Removes up to `limit` of the entries that an index has in `range`. Its values are keys, and
  /// the last eight bytes of its keys are sequence numbers.
  Batch erase_indexed(const KeyRange& range, std::uint64_t limit);

  /// Removes what is left below the prefix if no entry is in insertion order any more.
  void wipe_if_empty();

  /// Has `CacheHooks::on_remove` told, after the outermost commit, what was removed and replaced so
  /// far.
  void announce();

 private:
  // The parts of an entry that its indexes and the counters depend on, copied out of the
  // transaction's reach.
  struct Placed {
    std::uint64_t sequence = 0;
    WallTime expires_at = never;
    Bytes tags = {};
    std::uint64_t bytes = 0;
  };
  // What an index says: there is an entry with this key.
  struct Indexed {
    Bytes index_key;
    Bytes key;
    std::uint64_t sequence = 0;
  };
  // What the counters would be after the change that needs room.
  struct Need {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    std::uint64_t freed_bytes = 0;
    std::uint64_t keep = 0;  // sequence number of an entry that must stay; 0 is none
  };

  [[nodiscard]] bool is_cleared(std::uint64_t sequence) const noexcept {
    return sequence < meta_.cleared_below;
  }
  [[nodiscard]] static Placed place(BytesView key, const Record& record);
  [[nodiscard]] bool fits(const Need& need) const noexcept;
  bool make_room(const Need& need);
  [[nodiscard]] WallTime latest_expiry(const Record& record) const noexcept;
  void limit_age(BytesView key);
  bool evict_one(std::uint64_t keep);
  bool evict_this(std::uint64_t sequence);
  void note_store(BytesView key, std::uint64_t sequence);
  void note_overwrite(BytesView key, std::uint64_t sequence, bool has_new_value);
  void note_removal(BytesView key, std::uint64_t sequence, Event event);
  void index(BytesView key, const Placed& entry, const Placed* old);
  bool remove_indexed(const Indexed& found, Event cause);
  [[nodiscard]] std::vector<Indexed> collect(const KeyRange& range, std::uint64_t limit);
  bool remove_damaged(BytesView key);
  void drop_file(const FileRef& file);
  void drop_from_index(Space space, BytesView key);
  void recount();

  const CacheCore::State& state_;
  WriteTxn& txn_;
  WallTime now_;
  Meta meta_;
  Meta stored_meta_;
  Tally tally_;
  std::vector<Removed> removed_;  // only if someone wants to hear of it
  bool met_damage_ = false;
};

/// Runs `body(Table&)` as one update of the engine, and counts what it did once that is certain.
template <typename Body>
auto update(const CacheCore::State& state, const UpdateOptions& options, Body&& body) {
  Tally tally;
  auto result = Patience::apply(options, [&](const UpdateOptions& limited, bool& has_begun) {
    return state.engine->update(
        [&](WriteTxn& txn) {
          has_begun = true;
          Table table(state, txn);
          auto answer = body(table);
          table.save();
          table.announce();
          tally = table.tally();
          state.adopt(table.settings());
          return answer;
        },
        limited);
  });
  state.statistics.add(tally);
  return result;
}

}  // namespace larder::detail
