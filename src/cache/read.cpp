// SPDX-License-Identifier: Apache-2.0

// How a value is read: in a snapshot, or from its file; and what a read does to the entry.

#include <optional>
#include <utility>
#include <vector>

#include "cache/life.h"
#include "cache/seen.h"
#include "cache/stored_value.h"
#include "cache/table.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// A use moves the expiry of an entry only if that has moved on by this part of the idle time: most
// uses then write nothing.
constexpr int idle_parts = 8;

class Lookup {
 public:
  Lookup(const CacheCore::State& state, const Key& key, const ReadOptions& options,
         Staleness staleness, RecordVisitor visit)
      : state_(state),
        at_(state.layout.record(key.bytes())),
        options_(options),
        staleness_(staleness),
        visit_(visit) {}

  Seen run() {
    try {
      Seen seen = look_up();
      // A file that is missing belonged to a value that was replaced meanwhile, or is lost.
      for (Bytes missing; seen == Seen::in_file;) {
        seen = show_and_note(*open_record(copy_, at_.view()));
        if (seen != Seen::in_file) break;
        if (equal(copy_, missing)) return Seen::damaged;
        missing = std::move(copy_);
        seen = look_up();
      }
      return seen;
    } catch (const Error& error) {
      // The page that holds the record is damaged, or its file.
      if (error.kind() != ErrorKind::corrupt) throw;
      return Seen::damaged;
    }
  }

  /// The same for a snapshot that is there already; what is in a file is for `run()`.
  Seen run_in(ReadTxn& txn) { return look(txn); }

  /// Whether the use must move the entry's expiry.
  [[nodiscard]] bool is_extending() const noexcept { return is_extending_; }

 private:
  Seen look_up() {
    return state_.engine->view([&](ReadTxn& txn) { return look(txn); });
  }

  Seen look(ReadTxn& txn) {
    state_.eviction.expect_use(state_.layout.key_of_record(at_.view()));
    const std::optional<BytesView> stored = txn.get(at_.view());
    if (!stored) return Seen::nothing;
    const std::optional<Record> record = open_record(*stored, at_.view());
    if (!record) return Seen::damaged;
    if (is_over(*record) || state_.is_cleared(txn, *record)) return Seen::nothing;
    if (record->file) {
      copy_ = to_bytes(*stored);
      return Seen::in_file;
    }
    return show_and_note(*record);
  }

  // Asks for the time only if it matters.
  [[nodiscard]] bool is_over(const Record& record) const {
    if (record.expires_at == never && !options_.max_age) return false;
    const WallTime now = state_.hooks.clock->now();
    if (options_.max_age && now - record.stored_at >= *options_.max_age) return true;
    return staleness_ == Staleness::allowed ? record.is_gone(now) : record.is_expired(now);
  }

  Seen show_and_note(const Record& record) {
    const Seen seen = visit_(record);
    if (seen != Seen::hit) return seen;
    state_.eviction.note_use(record.sequence, state_.layout.key_of_record(at_.view()));
    const Duration idle = record.timing.idle_ttl;
    is_extending_ = !state_.is_read_only && idle != Duration::zero() &&
                    record.fresh_until() < record.timing.latest &&
                    record.fresh_until() - state_.hooks.clock->now() < idle - idle / idle_parts;
    return seen;
  }

  const CacheCore::State& state_;
  EngineKey at_;
  const ReadOptions& options_;
  Staleness staleness_;
  RecordVisitor visit_;
  Bytes copy_;
  bool is_extending_ = false;
};

}  // namespace

Seen CacheCore::look_at(const Key& key, const ReadOptions& options, Staleness staleness,
                        RecordVisitor visit) const {
  Lookup lookup(*state_, key, options, staleness, visit);
  const Seen seen = lookup.run();
  if (lookup.is_extending()) extend(key);
  if (seen == Seen::damaged) {
    state_->log(LogLevel::error,
                "cache: the record of " + key.to_string() + " is damaged: treated as absent");
  }
  return seen;
}

Seen CacheCore::look_up(const Key& key, std::uint64_t schema, const ReadOptions& options,
                        Staleness staleness, EntryVisitor visit) const {
  return look_at(key, options, staleness,
                 [&](const Record& record) { return show(record, schema, *state_->files, visit); });
}

bool CacheCore::count_read(Seen seen) const {
  if (seen == Seen::hit) {
    state_->statistics.add(Event::hit);
    return true;
  }
  Tally tally;
  count_seen(seen, tally);
  state_->statistics.add(tally);
  return false;
}

void CacheCore::read_many(std::span<const Key> keys, std::uint64_t schema,
                          const ReadOptions& options,
                          FunctionRef<void(std::size_t, const SeenEntry&)> visit) const {
  if (!parts_.empty()) return read_from_parts(keys, schema, options, visit);
  // What needs more than a look: a file, another look at what may be damaged, a move of its expiry.
  std::vector<std::size_t> again;
  std::vector<std::size_t> used;
  Tally tally;
  state_->engine->view([&](ReadTxn& txn) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto show_one = [&](const Record& record) {
        if (record.file) return Seen::in_file;
        return show(record, schema, *state_->files,
                    [&](const SeenEntry& entry) { visit(i, entry); });
      };
      Lookup lookup(*state_, keys[i], options, Staleness::refused, show_one);
      const Seen seen = lookup.run_in(txn);
      if (seen == Seen::in_file || seen == Seen::damaged) {
        again.push_back(i);
        continue;
      }
      count_seen(seen, tally);
      if (lookup.is_extending()) used.push_back(i);
    }
  });
  state_->statistics.add(tally);
  for (const std::size_t i : used) extend(keys[i]);
  for (const std::size_t i : again) {
    read(keys[i], schema, options, [&](const SeenEntry& entry) { visit(i, entry); });
  }
}

bool CacheCore::read(const Key& key, std::uint64_t schema, const ReadOptions& options,
                     EntryVisitor visit) const {
  if (CacheCore* part = part_of(key)) return part->read(key, schema, options, visit);
  const Stopwatch watch(state_->latencies, *state_->hooks.clock, Sampling::reads);
  const bool is_hit = count_read(look_up(key, schema, options, Staleness::refused, visit));
  watch.stop(is_hit ? Timed::hit : Timed::miss);
  return is_hit;
}

void CacheCore::extend(const Key& key) const {
  try {
    update(*state_, {}, [&](Table& table) {
      const std::optional<Record> old = table.find(key.bytes(), IfStale::kept);
      if (!old || old->timing.idle_ttl == Duration::zero()) return false;
      Record record = *old;
      start_life(record, life_of(*old), table.now());
      return table.write(key.bytes(), record, old);
    });
  } catch (const Error& error) {
    // The read has succeeded all the same; the entry expires a little earlier than it should.
    state_->log(LogLevel::warning,
                "cache: the use of " + key.to_string() + " was not noted: " + error.what());
  }
}

}  // namespace larder::detail
