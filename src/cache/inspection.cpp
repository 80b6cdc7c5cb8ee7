// SPDX-License-Identifier: Apache-2.0
#include "cache/inspection.h"

#include <algorithm>
#include <utility>

#include "cache/seen.h"
#include "cache/stored_value.h"
#include "cache/tags.h"
#include "larder/codec/wire.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

constexpr std::uint64_t progress_step = 1024;
// Far above what any cache comes to, and far below where counting ends.
constexpr std::uint64_t highest_number = std::uint64_t{1} << 63U;

bool is_key(BytesView key) {
  try {
    (void)Key::from_bytes(key);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::set<std::uint64_t> settled_files(FileStore& files) {
  std::set<std::uint64_t> names;
  files.list(
      [&](std::uint64_t name) {
        if (files.look_at(name) == FileState::settled) names.insert(name);
      },
      [](const std::string&) {});
  return names;
}

Inspection::Inspection(const CacheCore::State& state, ReadTxn& txn)
    : state_(state), layout_(state.layout), txn_(txn) {
  try {
    meta_ = load_meta(txn_, layout_);
  } catch (const Error& error) {
    problem(error.what());
    is_meta_lost_ = true;
  }
  if (meta_.next_sequence > highest_number || meta_.cleared_below > meta_.next_sequence ||
      meta_.swept_below > meta_.cleared_below) {
    problem("the counters of the cache make no sense");
    is_meta_lost_ = true;
    meta_ = {.settings = meta_.settings};
  }
  right_ = meta_;
  right_.entries = 0;
  right_.bytes = 0;
  right_.next_expiry = never;
}

void Inspection::run(Progress progress) {
  check_records(progress);
  check_index(Space::order, "insertion order",
              [this](BytesView at, const Record& record) { return agrees_with_order(at, record); });
  check_index(Space::expiry, "expiry", [this](BytesView at, const Record& record) {
    return agrees_with_expiry(at, record);
  });
  check_index(Space::tag, "tag",
              [this](BytesView at, const Record& record) { return agrees_with_tags(at, record); });
  check_counters();
}

void Inspection::problem(BytesView key, const std::string& text) {
  problem(describe_key(key) + ": " + text);
}

void Inspection::check_records(Progress progress) {
  txn_.scan(layout_.range(Space::record), Direction::forward,
            [&](BytesView engine_key, BytesView stored) {
              if (!check_record(layout_.key_of_record(engine_key), engine_key, stored)) {
                return Visit::more;
              }
              if (++entries % progress_step == 0) progress(entries, meta_.entries);
              return Visit::more;
            });
  progress(entries, meta_.entries);
}

bool Inspection::check_record(BytesView key, BytesView engine_key, BytesView stored) {
  const std::optional<Record> record = open_record(stored, engine_key);
  const bool counts = !record || record->sequence >= meta_.cleared_below;
  const std::uint64_t counted = counted_bytes(key.size(), stored, record);
  if (counts) bytes += counted;
  if (!record || !is_key(key)) {
    problem(key, "the record is damaged");
    lose(engine_key, record);
    return counts;
  }
  try {
    check_value(*record);
  } catch (const Error& error) {
    problem(key, error.what());
    // Where only reading failed, the value may well be whole.
    if (error.kind() == ErrorKind::corrupt) {
      lose(engine_key, record);
      return counts;
    }
  }
  if (counts) ++right_.entries;
  if (counts) right_.bytes += counted;
  check_links(key, *record);
  return counts;
}

void Inspection::check_value(const Record& record) {
  if (record.schema == absent_schema) return;
  if (record.file) {
    unnamed_.erase(record.file->name);
    if (trusted_.contains(record.file->name)) return;
    const std::optional<OpenFile> file = state_.files->open(*record.file);
    if (!file) throw Error(ErrorKind::corrupt, "its value file is missing");
    file->check();
    trusted_.insert(record.file->name);
    if (!record.compressed) return;
  }
  const auto value = StoredValue::load(record, *state_.files, record.schema);
  if (!value) throw Error(ErrorKind::corrupt, "its value file is missing");
  WireReader reader(value->bytes());
  reader.skip();
  reader.expect_end();
}

bool Inspection::is_number_taken(BytesView key, const Record& record) {
  if (record.sequence >= highest_number) return true;
  const std::optional<BytesView> holder = txn_.get(layout_.order(record.sequence).view());
  if (holder && equal(*holder, key)) return false;
  if (holder) {
    const EngineKey at = layout_.record(*holder);
    const std::optional<BytesView> stored = txn_.get(at.view());
    const std::optional<Record> other = stored ? open_record(*stored, at.view()) : std::nullopt;
    if (other && other->sequence == record.sequence) return true;
  }
  return !given_numbers_.insert(record.sequence).second;
}

void Inspection::check_links(BytesView key, const Record& record) {
  if (is_number_taken(key, record)) {
    problem(key, "its sequence number is that of another entry, or too high to go on from");
    renumbered_.push_back(to_bytes(key));
    return;
  }
  if (record.sequence >= right_.next_sequence) {
    if (!is_meta_lost_) problem(key, "its sequence number is too high");
    right_.next_sequence = record.sequence + 1;
  }
  expect_link(layout_.order(record.sequence), key, "insertion order");
  if (record.expires_at != never) {
    if (record.expires_at < meta_.next_expiry && !is_meta_lost_) {
      problem(key, "it expires before the first");
    }
    right_.next_expiry = std::min(right_.next_expiry, record.expires_at);
    expect_link(layout_.expiry(record.expires_at, record.sequence), key, "expiry");
  }
  for_each_tag(record.tags, [&](std::string_view tag) {
    expect_link(layout_.tag(tag, record.sequence), key, "tag");
  });
}

void Inspection::lose(BytesView engine_key, const std::optional<Record>& record) {
  ++damaged;
  lost_.insert(to_bytes(engine_key));
  if (record && record->file) lost_files_.push_back(record->file->name);
}

void Inspection::expect_link(const EngineKey& at, BytesView key, const char* index) {
  const std::optional<BytesView> found = txn_.get(at.view());
  if (found && equal(*found, key)) return;
  problem(key, "missing in the " + std::string(index) + " index");
  missing_.push_back({.at = to_bytes(at.view()), .key = to_bytes(key)});
}

void Inspection::check_index(Space space, const char* index,
                             FunctionRef<bool(BytesView, const Record&)> agrees) {
  txn_.scan(layout_.range(space), Direction::forward, [&](BytesView index_key, BytesView key) {
    const EngineKey at = layout_.record(key);
    const std::optional<BytesView> stored = txn_.get(at.view());
    const std::optional<Record> record = stored ? open_record(*stored, at.view()) : std::nullopt;
    // What leads to a damaged record goes with that.
    const bool is_lost = stored && lost_.contains(at.view());
    if (!stored) {
      problem(key, "the " + std::string(index) + " index has it, but there is no record");
    } else if (!is_lost && record && !agrees(index_key, *record)) {
      problem(key, "the " + std::string(index) + " index does not agree with the record");
    } else if (!is_lost) {
      return Visit::more;
    }
    superfluous_.push_back(to_bytes(index_key));
    return Visit::more;
  });
}

bool Inspection::agrees_with_order(BytesView at, const Record& record) const {
  return layout_.parse_order(at) == record.sequence;
}

bool Inspection::agrees_with_expiry(BytesView at, const Record& record) const {
  const auto place = layout_.parse_expiry(at);
  return place && place->sequence == record.sequence && place->expires_at == record.expires_at;
}

bool Inspection::agrees_with_tags(BytesView at, const Record& record) const {
  const auto place = layout_.parse_tag(at);
  bool is_carried = false;
  for_each_tag(record.tags,
               [&](std::string_view tag) { is_carried |= place && tag == place->tag; });
  return is_carried && place->sequence == record.sequence;
}

void Inspection::check_counters() {
  if (is_meta_lost_) return;
  if (meta_.entries != entries) {
    problem("counted " + std::to_string(meta_.entries) + " entries, found " +
            std::to_string(entries));
  }
  if (meta_.bytes != bytes) {
    problem("counted " + std::to_string(meta_.bytes) + " bytes, found " + std::to_string(bytes));
  }
}

void Inspection::renumber(WriteTxn& txn, BytesView key) {
  const EngineKey at = layout_.record(key);
  const Bytes stored = to_bytes(txn.get(at.view()).value());
  Record record = open_record(stored, at.view()).value();
  const auto unlink = [&](const EngineKey& index) {
    const std::optional<BytesView> there = txn.get(index.view());
    if (there && equal(*there, key)) txn.erase(index.view());
  };
  const auto for_each_link = [&](auto visit) {
    visit(layout_.order(record.sequence));
    if (record.expires_at != never) visit(layout_.expiry(record.expires_at, record.sequence));
    for_each_tag(record.tags,
                 [&](std::string_view tag) { visit(layout_.tag(tag, record.sequence)); });
  };
  for_each_link(unlink);
  record.sequence = right_.next_sequence++;
  right_.next_expiry = std::min(right_.next_expiry, record.expires_at);
  Bytes sealed;
  seal_record(record, at.view(), sealed);
  txn.put(at.view(), sealed);
  for_each_link([&](const EngineKey& index) { txn.put(index.view(), key); });
}

void Inspection::mend(WriteTxn& txn) {
  for (const Bytes& at : lost_) txn.erase(at);
  for (const Bytes& at : superfluous_) txn.erase(at);
  // After the erasures: a wrong entry may stand where the right one belongs.
  for (const Link& link : missing_) txn.put(link.at, link.key);
  for (const Bytes& key : renumbered_) renumber(txn, key);
  for (const std::uint64_t name : lost_files_) state_.files->remove_at_end(txn, name);
  if (!is_meta_lost_ && right_ == meta_) return;
  const EngineKey at = layout_.meta();
  Bytes encoded;
  encode_meta(right_, at.view(), encoded);
  txn.put(at.view(), encoded);
}

}  // namespace larder::detail
