// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/detail/cache_core.h"

#include <utility>

#include "cache/stored_value.h"
#include "cache/table.h"
#include "cache/tags.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// How many expired entries a write clears away in passing.
constexpr std::uint64_t expired_per_write = 16;

// The last is for values in files: a read looks at those outside of its snapshot.
enum class Seen { nothing, hit, other_type, damaged, in_file };

Seen show(const Record& record, std::uint64_t schema, FileStore& files, EntryVisitor visit) {
  if (!can_read_as(record.schema, schema)) return Seen::other_type;
  const std::optional<StoredValue> value = StoredValue::load(record, files, schema);
  if (!value) return Seen::in_file;
  try {
    visit({.value = value->bytes(),
           .stored_at = record.stored_at,
           .expires_at = record.expires_at == never ? std::optional<WallTime>()
                                                    : std::optional(record.expires_at),
           .tags = record.tags});
  } catch (const Error& error) {
    // The checksum is right: these are the bytes that were stored, but of another type.
    if (error.kind() != ErrorKind::corrupt) throw;
    return Seen::other_type;
  }
  return Seen::hit;
}

// Within an update, where no file can go meanwhile: a missing one is damage.
Seen show_here(const Record& record, std::uint64_t schema, FileStore& files, EntryVisitor visit) {
  try {
    const Seen seen = show(record, schema, files, visit);
    return seen == Seen::in_file ? Seen::damaged : seen;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    return Seen::damaged;
  }
}

void count_seen(Seen seen, Tally& tally) {
  tally.add(seen == Seen::hit ? Event::hit : Event::miss);
  if (seen == Seen::other_type) tally.add(Event::schema_miss);
  if (seen == Seen::damaged) tally.add(Event::corrupt_miss);
}

WallTime expiry_of(const PutOptions& options, const Table& table) {
  if (options.expires_at) return *options.expires_at;
  if (options.ttl) return add_saturated(table.now(), *options.ttl);
  return table.default_expiry();
}

}  // namespace

std::vector<std::string> SeenEntry::tag_list() const {
  std::vector<std::string> list;
  for_each_tag(tags, [&](std::string_view tag) { list.emplace_back(tag); });
  return list;
}

CacheCore::CacheCore(std::unique_ptr<State> state) : state_(std::move(state)) {}

CacheCore::~CacheCore() = default;

Engine& CacheCore::engine() const { return *state_->engine; }

bool CacheCore::read(const Key& key, std::uint64_t schema, EntryVisitor visit) const {
  const EngineKey at = state_->layout.record(key.bytes());
  Bytes copy;
  const auto look = [&](ReadTxn& txn) {
    const std::optional<BytesView> stored = txn.get(at.view());
    if (!stored) return Seen::nothing;
    const std::optional<Record> record = open_record(*stored, at.view());
    if (!record) return Seen::damaged;
    // Asks for the time only if it matters.
    if (record->expires_at != never && record->is_expired(state_->hooks.clock->now())) {
      return Seen::nothing;
    }
    if (record->file && can_read_as(record->schema, schema)) {
      copy = to_bytes(*stored);
      return Seen::in_file;
    }
    const Seen result = show(*record, schema, *state_->files, visit);
    if (result == Seen::hit) state_->eviction.note_use(record->sequence, key.bytes());
    return result;
  };
  Seen seen = Seen::damaged;
  try {
    seen = state_->engine->view(look);
    // A file that is missing belonged to a value that was replaced meanwhile, or is lost.
    for (Bytes missing; seen == Seen::in_file;) {
      const std::optional<Record> record = open_record(copy, at.view());
      seen = show(*record, schema, *state_->files, visit);
      if (seen == Seen::hit) state_->eviction.note_use(record->sequence, key.bytes());
      if (seen != Seen::in_file) break;
      if (equal(copy, missing)) {
        seen = Seen::damaged;
        break;
      }
      missing = std::move(copy);
      seen = state_->engine->view(look);
    }
  } catch (const Error& error) {
    // The page that holds the record is damaged, or its file.
    seen = Seen::damaged;
    if (error.kind() != ErrorKind::corrupt) throw;
  }
  if (seen == Seen::hit) {
    state_->statistics.add(Event::hit);
    return true;
  }
  Tally tally;
  count_seen(seen, tally);
  state_->statistics.add(tally);
  if (seen == Seen::damaged) {
    state_->log(LogLevel::error,
                "cache: the record of " + key.to_string() + " is damaged: treated as absent");
  }
  return false;
}

std::optional<EntryInfo> CacheCore::info(const Key& key) const {
  const EngineKey at = state_->layout.record(key.bytes());
  return state_->engine->view([&](ReadTxn& txn) -> std::optional<EntryInfo> {
    const std::optional<BytesView> stored = txn.get(at.view());
    const std::optional<Record> record = stored ? open_record(*stored, at.view()) : std::nullopt;
    if (!record || record->is_expired(state_->hooks.clock->now())) return std::nullopt;
    EntryInfo info{
        .bytes = record->raw_bytes, .schema = record->schema, .stored_at = record->stored_at};
    if (record->expires_at != never) info.expires_at = record->expires_at;
    for_each_tag(record->tags, [&](std::string_view tag) { info.tags.emplace_back(tag); });
    return info;
  });
}

bool CacheCore::contains(const Key& key) const {
  const EngineKey at = state_->layout.record(key.bytes());
  return state_->engine->view([&](ReadTxn& txn) {
    const std::optional<BytesView> stored = txn.get(at.view());
    const std::optional<Record> record = stored ? open_record(*stored, at.view()) : std::nullopt;
    return record && !record->is_expired(state_->hooks.clock->now());
  });
}

bool CacheCore::store(const Key& key, std::uint64_t schema, BytesView value,
                      const PutOptions& options, StoreMode mode) {
  enum class Result { stored, present, full };
  const Bytes tags = encode_tags(options.tags);
  const Packed packed(value, schema, *state_);
  // Refusals leave the update by its front door, so that a transaction around it can go on.
  const Result result = update(*state_, {}, [&](Table& table) {
    table.expire(expired_per_write);
    const std::optional<Record> old = table.find(key.bytes());
    if (old && mode == StoreMode::if_absent) return Result::present;
    Record record = {.stored_at = table.now(),
                     .expires_at = expiry_of(options, table),
                     .schema = schema,
                     .tags = tags};
    packed.describe(record);
    if (!table.write(key.bytes(), record, old)) return Result::full;
    if (packed.file()) table.keep_file(packed.file());
    table.tally().add(Event::put);
    return Result::stored;
  });
  if (result == Result::full) throw full_error(key);
  return result == Result::stored;
}

bool CacheCore::erase(const Key& key) {
  return update(*state_, {.frees_space = true}, [&](Table& table) {
    const std::optional<Record> record = table.find(key.bytes());
    if (record) table.remove(key.bytes(), *record, Event::erased);
    return record.has_value();
  });
}

bool CacheCore::take(const Key& key, std::uint64_t schema, EntryVisitor visit) {
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
  return update(*state_, {}, [&](Table& table) {
    const std::optional<Record> old = table.find(key.bytes());
    if (!old) return false;
    Record record = *old;
    record.expires_at = ttl ? add_saturated(table.now(), *ttl) : never;
    return table.write(key.bytes(), record, old);
  });
}

}  // namespace larder::detail
