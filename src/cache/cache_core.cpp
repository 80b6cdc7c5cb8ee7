// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/detail/cache_core.h"

#include <utility>

#include "cache/life.h"
#include "cache/seen.h"
#include "cache/store.h"
#include "cache/stored_value.h"
#include "cache/table.h"
#include "cache/tags.h"
#include "larder/cache/cache.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

WallTime expiry_of(const PutOptions& options, const Table& table) {
  if (options.expires_at) return *options.expires_at;
  if (options.ttl) return add_saturated(table.now(), *options.ttl);
  return options.idle_ttl ? never : table.default_expiry();
}

Life life_of(const PutOptions& options, const Table& table) {
  return {.latest = expiry_of(options, table),
          .idle_ttl = options.idle_ttl.value_or(Duration::zero()),
          .stale_for = options.stale_for};
}

}  // namespace

Bytes checked_tags(const PutOptions& options) {
  if (options.idle_ttl && *options.idle_ttl <= Duration::zero()) {
    throw Error(ErrorKind::invalid_argument,
                "cache: an idle_ttl must be above zero; leave it unset for none");
  }
  return encode_tags(options.tags);
}

bool store_in(Table& table, BytesView key, const Packed& packed, const NewEntry& entry,
              const std::optional<Record>& old) {
  Record record = {.stored_at = table.now(), .schema = entry.schema, .tags = entry.tags};
  start_life(record, life_of(entry.options, table), table.now());
  record.timing.load_time = entry.load_time;
  packed.describe(record);
  if (!table.write(key, record, old)) return false;
  if (packed.file()) table.keep_file(packed.file());
  table.tally().add(Event::put);
  return true;
}

std::vector<std::string> SeenEntry::tag_list() const {
  std::vector<std::string> list;
  for_each_tag(tags, [&](std::string_view tag) { list.emplace_back(tag); });
  return list;
}

const std::shared_ptr<CacheCore>& CacheAccess::core(const Cache& cache) noexcept {
  return cache.core_;
}

Version SeenEntry::version() const { return version_of(*record); }

CacheCore::CacheCore(std::unique_ptr<State> state) : state_(std::move(state)) {}

CacheCore::~CacheCore() = default;

const LogSink& CacheCore::log_sink() const noexcept { return state_->hooks.log; }

Engine& CacheCore::engine() const { return *state_->engine; }

std::optional<EntryInfo> CacheCore::info(const Key& key) const {
  if (CacheCore* part = part_of(key)) return part->info(key);
  const EngineKey at = state_->layout.record(key.bytes());
  return state_->engine->view([&](ReadTxn& txn) -> std::optional<EntryInfo> {
    const std::optional<BytesView> stored = txn.get(at.view());
    const std::optional<Record> record = stored ? open_record(*stored, at.view()) : std::nullopt;
    if (!record || record->is_expired(state_->hooks.clock->now())) return std::nullopt;
    if (state_->is_cleared(txn, *record)) return std::nullopt;
    return entry_info(*record);
  });
}

bool CacheCore::contains(const Key& key) const {
  if (CacheCore* part = part_of(key)) return part->contains(key);
  const EngineKey at = state_->layout.record(key.bytes());
  return state_->engine->view([&](ReadTxn& txn) {
    const std::optional<BytesView> stored = txn.get(at.view());
    const std::optional<Record> record = stored ? open_record(*stored, at.view()) : std::nullopt;
    return record && !record->is_expired(state_->hooks.clock->now()) &&
           !state_->is_cleared(txn, *record);
  });
}

bool CacheCore::store(const Key& key, std::uint64_t schema, BytesView value,
                      const PutOptions& options, StoreMode mode, Duration load_time) {
  if (CacheCore* part = part_of(key))
    return part->store(key, schema, value, options, mode, load_time);
  return store_packed(key, schema, Packed(value, schema, *state_), options, mode, load_time);
}

bool CacheCore::store_packed(const Key& key, std::uint64_t schema, const Packed& packed,
                             const PutOptions& options, StoreMode mode, Duration load_time) {
  enum class Result { stored, present, full };
  const Stopwatch watch(state_->latencies, *state_->hooks.clock, Sampling::writes);
  const Bytes tags = checked_tags(options);
  // Refusals leave the update by its front door, so that a transaction around it can go on.
  const Result result = update(*state_, {}, [&](Table& table) {
    table.tidy();
    const std::optional<Record> old = table.find(key.bytes());
    if (old && mode == StoreMode::if_absent) return Result::present;
    const bool is_stored =
        store_in(table, key.bytes(), packed,
                 {.schema = schema, .options = options, .tags = tags, .load_time = load_time}, old);
    return is_stored ? Result::stored : Result::full;
  });
  if (result == Result::full) throw full_error(key);
  watch.stop(Timed::put);
  return result == Result::stored;
}

bool CacheCore::erase(const Key& key) {
  if (CacheCore* part = part_of(key)) return part->erase(key);
  const Stopwatch watch(state_->latencies, *state_->hooks.clock, Sampling::writes);
  const bool was_there = update(*state_, {.frees_space = true}, [&](Table& table) {
    const std::optional<Record> record = table.find(key.bytes());
    if (record) table.remove(key.bytes(), *record, Event::erased);
    return record.has_value();
  });
  watch.stop(Timed::erase);
  return was_there;
}

bool CacheCore::take(const Key& key, std::uint64_t schema, EntryVisitor visit) {
  if (CacheCore* part = part_of(key)) return part->take(key, schema, visit);
  return update(*state_, {.frees_space = true}, [&](Table& table) {
    const std::optional<Record> record = table.find(key.bytes());
    Seen seen = table.met_damage() ? Seen::damaged : Seen::nothing;
    if (record) seen = show_here(*record, schema, *state_->files, visit);
    if (seen == Seen::hit) table.remove(key.bytes(), *record, Event::erased);
    count_seen(seen, table.tally());
    return seen == Seen::hit;
  });
}

bool CacheCore::touch(const Key& key, std::optional<Duration> ttl) {
  if (CacheCore* part = part_of(key)) return part->touch(key, ttl);
  return update(*state_, {}, [&](Table& table) {
    const std::optional<Record> old = table.find(key.bytes(), IfStale::kept);
    if (!old) return false;
    Record record = *old;
    Life life = life_of(*old);
    life.latest = ttl ? add_saturated(table.now(), *ttl) : never;
    start_life(record, life, table.now());
    return table.write(key.bytes(), record, old);
  });
}

}  // namespace larder::detail
