// SPDX-License-Identifier: Apache-2.0

// Holds every record against the indexes, the indexes against the records, and both against the
// counters, all in one snapshot.

#include <string>

#include "cache/stored_value.h"
#include "cache/table.h"
#include "cache/tags.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/codec/wire.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

class Verifier {
 public:
  Verifier(const CacheCore::State& state, ReadTxn& txn)
      : layout_(state.layout), files_(*state.files), txn_(txn) {}

  VerifyReport run(FunctionRef<void(std::uint64_t, std::uint64_t)> progress) {
    try {
      meta_ = load_meta(txn_, layout_);
    } catch (const Error& error) {
      problem(error.what());
    }
    check_records(progress);
    check_order();
    check_expiry();
    check_tags();
    check_counters();
    return std::move(report_);
  }

 private:
  static constexpr std::uint64_t progress_step = 1024;

  void problem(const std::string& text) { report_.problems.push_back(text); }
  void problem(BytesView key, const std::string& text) { problem(describe_key(key) + ": " + text); }

  void check_records(FunctionRef<void(std::uint64_t, std::uint64_t)> progress) {
    txn_.scan(layout_.range(Space::record), Direction::forward,
              [&](BytesView engine_key, BytesView stored) {
                check_record(layout_.key_of_record(engine_key), engine_key, stored);
                if (++report_.entries % progress_step == 0) {
                  progress(report_.entries, meta_.entries);
                }
                return Visit::more;
              });
    progress(report_.entries, meta_.entries);
  }

  void check_record(BytesView key, BytesView engine_key, BytesView stored) {
    const std::optional<Record> record = open_record(stored, engine_key);
    report_.bytes += counted_bytes(key.size(), stored, record);
    if (!record) return problem(key, "the record is damaged");
    try {
      check_value(*record);
    } catch (const Error& error) {
      problem(key, error.what());
    }
    if (record->sequence >= meta_.next_sequence) problem(key, "its sequence number is too high");
    expect_index(layout_.order(record->sequence), key, "insertion order");
    if (record->expires_at != never) {
      if (record->expires_at < meta_.next_expiry) problem(key, "it expires before the first");
      expect_index(layout_.expiry(record->expires_at, record->sequence), key, "expiry");
    }
    for_each_tag(record->tags, [&](std::string_view tag) {
      expect_index(layout_.tag(tag, record->sequence), key, "tag");
    });
  }

  void check_value(const Record& record) {
    if (record.file) {
      const std::optional<OpenFile> file = files_.open(*record.file);
      if (!file) throw Error(ErrorKind::corrupt, "its value file is missing");
      return file->check();
    }
    const auto value = StoredValue::load(record, files_, record.schema);
    WireReader reader(value->bytes());
    reader.skip();
    reader.expect_end();
  }

  void expect_index(const EngineKey& at, BytesView key, const char* index) {
    const std::optional<BytesView> found = txn_.get(at.view());
    if (!found || !equal(*found, key)) {
      problem(key, "missing in the " + std::string(index) + " index");
    }
  }

  // Calls `check(index key, key, record)` for each entry of an index that leads to a whole record.
  template <typename Check>
  void check_index(Space space, const char* index, Check check) {
    txn_.scan(layout_.range(space), Direction::forward, [&](BytesView index_key, BytesView key) {
      const EngineKey at = layout_.record(key);
      const std::optional<BytesView> stored = txn_.get(at.view());
      if (!stored) {
        problem(key, "the " + std::string(index) + " index has it, but there is no record");
      } else if (const auto record = open_record(*stored, at.view());
                 record && !check(index_key, *record)) {
        problem(key, "the " + std::string(index) + " index does not agree with the record");
      }
      return Visit::more;
    });
  }

  void check_order() {
    check_index(Space::order, "insertion order", [&](BytesView at, const Record& record) {
      return layout_.parse_order(at) == record.sequence;
    });
  }

  void check_expiry() {
    check_index(Space::expiry, "expiry", [&](BytesView at, const Record& record) {
      const auto place = layout_.parse_expiry(at);
      return place && place->sequence == record.sequence && place->expires_at == record.expires_at;
    });
  }

  void check_tags() {
    check_index(Space::tag, "tag", [&](BytesView at, const Record& record) {
      const auto place = layout_.parse_tag(at);
      bool is_carried = false;
      for_each_tag(record.tags,
                   [&](std::string_view tag) { is_carried |= place && tag == place->tag; });
      return is_carried && place->sequence == record.sequence;
    });
  }

  void check_counters() {
    if (meta_.entries != report_.entries) {
      problem("counted " + std::to_string(meta_.entries) + " entries, found " +
              std::to_string(report_.entries));
    }
    if (meta_.bytes != report_.bytes) {
      problem("counted " + std::to_string(meta_.bytes) + " bytes, found " +
              std::to_string(report_.bytes));
    }
  }

  const Layout& layout_;
  FileStore& files_;
  ReadTxn& txn_;
  Meta meta_;
  VerifyReport report_;
};

}  // namespace

VerifyReport CacheCore::verify(
    FunctionRef<void(std::uint64_t done, std::uint64_t total)> progress) const {
  return state_->engine->view([&](ReadTxn& txn) { return Verifier(*state_, txn).run(progress); });
}

}  // namespace larder::detail
