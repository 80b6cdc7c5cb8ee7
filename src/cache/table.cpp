// SPDX-License-Identifier: Apache-2.0
#include "cache/table.h"

#include <algorithm>
#include <utility>

#include "cache/tags.h"
#include "larder/cache/detail/scratch.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

Layout::ExpiryPlace with_sequence(WallTime expires_at, std::uint64_t sequence) {
  return {.expires_at = expires_at, .sequence = sequence};
}

}  // namespace

Table::Table(const CacheCore::State& state, WriteTxn& txn)
    : state_(state),
      txn_(txn),
      now_(state.hooks.clock->now()),
      meta_(load_meta(txn, state.layout)),
      stored_meta_(meta_) {
  if (state.parent && !txn.get(state.layout.meta().view())) {
    throw Error(ErrorKind::invalid_argument,
                "cache: this sub-cache was dropped, or never came to be; call sub() for a new one");
  }
}

void Table::save() {
  if (meta_ == stored_meta_) return;
  const EngineKey at = state_.layout.meta();
  Scratch scratch;
  encode_meta(meta_, at.view(), scratch.bytes());
  txn_.put(at.view(), scratch.bytes());
  stored_meta_ = meta_;
}

WallTime Table::default_expiry() const noexcept {
  const Duration lifetime = settings().expire_after_write;
  return lifetime == Duration::zero() ? never : add_saturated(now_, lifetime);
}

Table::Placed Table::place(BytesView key, const Record& record) {
  return {.sequence = record.sequence,
          .expires_at = record.expires_at,
          .tags = to_bytes(record.tags),
          .bytes = counted_bytes(key.size(), record)};
}

std::optional<Record> Table::find(BytesView key, IfStale if_stale) {
  const EngineKey at = state_.layout.record(key);
  const std::optional<BytesView> stored = txn_.get(at.view());
  if (!stored) return std::nullopt;
  std::optional<Record> record = open_record(*stored, at.view());
  if (!record) {
    remove_damaged(key);
    return std::nullopt;
  }
  const bool is_stale = record->is_expired(now_);
  if (is_stale && if_stale == IfStale::kept && !record->is_gone(now_)) return std::nullopt;
  if (is_stale || is_cleared(record->sequence)) {
    remove(key, *record, Event::expired);
    return std::nullopt;
  }
  return record;
}

bool Table::write(BytesView key, Record record, const std::optional<Record>& old) {
  std::optional<Placed> before;
  if (old) before = place(key, *old);
  const std::byte* old_value = old ? old->value.data() : nullptr;
  record.sequence = before ? before->sequence : meta_.next_sequence;
  record.expires_at = std::min(record.expires_at, latest_expiry(record));

  // Sealed before anything changes: value and tags may look into the transaction.
  const EngineKey at = state_.layout.record(key);
  Scratch sealed;
  seal_record(record, at.view(), sealed.bytes());
  const Placed entry = place(key, record);
  if (entry.bytes > settings().max_bytes) return false;
  const bool grows = !before || entry.bytes > before->bytes;
  if (grows && !make_room({.entries = before ? 0U : 1U,
                           .bytes = entry.bytes,
                           .freed_bytes = before ? before->bytes : 0,
                           .keep = before ? before->sequence : 0})) {
    return false;
  }

  txn_.put(at.view(), sealed.bytes());
  index(key, entry, before ? &*before : nullptr);
  if (!before) {
    ++meta_.next_sequence;
    ++meta_.entries;
  }
  meta_.bytes += entry.bytes - (before ? before->bytes : 0);
  if (old && old->file && old->file != record.file) drop_file(*old->file);
  if (before) {
    note_overwrite(key, entry.sequence, record.value.data() != old_value);
  } else {
    note_store(key, entry.sequence);
  }
  return true;
}

void Table::keep_file(const std::shared_ptr<NewFile>& file) {
  file->unlock();  // a long transaction must not hold a descriptor for each of its files
  state_.files->bring_along(txn_, file->ref().name);
  txn_.at_end([file](UpdateEnd end) {
    if (end == UpdateEnd::committed) file->keep();
  });
}

void Table::drop_file(const FileRef& file) { state_.files->remove_at_end(txn_, file.name); }

void Table::index(BytesView key, const Placed& entry, const Placed* old) {
  const Layout& layout = state_.layout;
  const std::uint64_t sequence = entry.sequence;
  if (old == nullptr) txn_.put(layout.order(sequence).view(), key);

  const WallTime old_expiry = old == nullptr ? never : old->expires_at;
  if (entry.expires_at != old_expiry) {
    if (old_expiry != never) txn_.erase(layout.expiry(old_expiry, sequence).view());
    if (entry.expires_at != never) {
      txn_.put(layout.expiry(entry.expires_at, sequence).view(), key);
      meta_.next_expiry = std::min(meta_.next_expiry, entry.expires_at);
    }
  }

  if (old == nullptr ? entry.tags.empty() : equal(entry.tags, old->tags)) return;
  if (old != nullptr) {
    for_each_tag(old->tags,
                 [&](std::string_view tag) { txn_.erase(layout.tag(tag, sequence).view()); });
  }
  for_each_tag(entry.tags,
               [&](std::string_view tag) { txn_.put(layout.tag(tag, sequence).view(), key); });
}

void Table::remove(BytesView key, const Record& record, Event cause) {
  const Layout& layout = state_.layout;
  const Placed entry = place(key, record);
  const std::optional<FileRef> file = record.file;
  txn_.erase(layout.record(key).view());
  txn_.erase(layout.order(entry.sequence).view());
  if (entry.expires_at != never) {
    txn_.erase(layout.expiry(entry.expires_at, entry.sequence).view());
  }
  for_each_tag(entry.tags,
               [&](std::string_view tag) { txn_.erase(layout.tag(tag, entry.sequence).view()); });
  if (file) drop_file(*file);
  // What was cleared is counted already.
  if (is_cleared(entry.sequence)) return note_removal(key, entry.sequence, Event::erased);
  meta_.entries -= std::min<std::uint64_t>(meta_.entries, 1);
  meta_.bytes -= std::min(meta_.bytes, entry.bytes);
  tally_.add(cause);
  note_removal(key, entry.sequence, cause);
}

Table::Batch Table::expire(std::uint64_t limit) {
  if (meta_.next_expiry > now_) return {};
  std::vector<Indexed> due;
  WallTime next = never;
  bool is_last = true;
  txn_.scan(state_.layout.range(Space::expiry), Direction::forward,
            [&](BytesView index_key, BytesView key) {
              const auto found = state_.layout.parse_expiry(index_key);
              const auto place = found.value_or(with_sequence(now_, 0));
              if (place.expires_at > now_ || due.size() == limit) {
                next = place.expires_at;
                is_last = place.expires_at > now_;
                return Visit::stop;
              }
              due.push_back({to_bytes(index_key), to_bytes(key), place.sequence});
              return Visit::more;
            });
  std::uint64_t removed = 0;
  for (const Indexed& found : due) removed += remove_indexed(found, Event::expired) ? 1U : 0U;
  meta_.next_expiry = next;
  return {.removed = removed, .is_last = is_last};
}

Table::Batch Table::erase_indexed(const KeyRange& range, std::uint64_t limit) {
  const std::vector<Indexed> batch = collect(range, limit);
  std::uint64_t removed = 0;
  for (const Indexed& found : batch) removed += remove_indexed(found, Event::erased) ? 1U : 0U;
  return {.removed = removed, .is_last = batch.size() < limit};
}

std::vector<Table::Indexed> Table::collect(const KeyRange& range, std::uint64_t limit) {
  std::vector<Indexed> found;
  txn_.scan(range, Direction::forward, [&](BytesView index_key, BytesView key) {
    const std::uint64_t sequence = Layout::sequence_at_end(index_key);
    found.push_back({to_bytes(index_key), to_bytes(key), sequence});
    return found.size() < limit ? Visit::more : Visit::stop;
  });
  return found;
}

bool Table::remove_indexed(const Indexed& found, Event cause) {
  const EngineKey at = state_.layout.record(found.key);
  const std::optional<BytesView> stored = txn_.get(at.view());
  const std::optional<Record> record = stored ? open_record(*stored, at.view()) : std::nullopt;
  if (!record) return remove_damaged(found.key);
  const bool was_there = !is_cleared(record->sequence);
  const bool is_due = cause != Event::expired || record->is_expired(now_) || !was_there;
  if (record->sequence == found.sequence && is_due) {
    remove(found.key, *record, cause);
    return was_there;
  }
  state_.log(LogLevel::error, "cache: removed a wrong index entry for " + describe_key(found.key));
  txn_.erase(found.index_key);
  return false;
}

void Table::wipe_if_empty() {
  if (!collect(state_.layout.range(Space::order), 1).empty()) return;
  for (const Space space : {Space::record, Space::expiry, Space::tag}) {
    const std::uint64_t lost = txn_.erase_range(state_.layout.range(space));
    if (lost > 0 && space == Space::record) state_.files->in_flight().expect_leftovers();
  }
  meta_.entries = 0;
  meta_.bytes = 0;
  meta_.next_expiry = never;
  meta_.swept_below = meta_.cleared_below;
}

// Without its record nobody knows which index entries belong to a key, nor what was counted for
// it: looks through all indexes and counts again. Slow, and rare.
bool Table::remove_damaged(BytesView key) {
  const Bytes copy = to_bytes(key);
  met_damage_ = true;
  state_.files->in_flight().expect_leftovers();  // a file of its own, perhaps
  state_.log(LogLevel::error,
             "cache: removed the damaged record of " + describe_key(copy) + "; its value is lost");
  const bool was_there = txn_.erase(state_.layout.record(copy).view());
  for (const Space space : {Space::order, Space::expiry, Space::tag}) drop_from_index(space, copy);
  recount();
  return was_there;
}

void Table::drop_from_index(Space space, BytesView key) {
  std::vector<Bytes> found;
  txn_.scan(state_.layout.range(space), Direction::forward,
            [&](BytesView index_key, BytesView value) {
              if (equal(value, key)) found.push_back(to_bytes(index_key));
              return Visit::more;
            });
  for (const Bytes& index_key : found) txn_.erase(index_key);
}

void Table::recount() {
  meta_.entries = 0;
  meta_.bytes = 0;
  txn_.scan(state_.layout.range(Space::record), Direction::forward,
            [&](BytesView engine_key, BytesView stored) {
              const std::optional<Record> record = open_record(stored, engine_key);
              if (record && is_cleared(record->sequence)) return Visit::more;
              ++meta_.entries;
              meta_.bytes +=
                  counted_bytes(state_.layout.key_of_record(engine_key).size(), stored, record);
              return Visit::more;
            });
}

}  // namespace larder::detail
