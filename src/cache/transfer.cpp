// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/transfer.h"

#include <memory>
#include <optional>
#include <utility>

#include "cache/life.h"
#include "cache/reader_source.h"
#include "cache/seen.h"
#include "cache/state.h"
#include "cache/stored_value.h"
#include "cache/tags.h"
#include "larder/cache/cache.h"
#include "larder/codec/wire_reader.h"
#include "larder/core/error.h"

namespace larder {

namespace {

using detail::CacheCore;
using detail::Record;

// Below are the schemas with a meaning of their own.
constexpr std::uint64_t first_type_schema = 16;

detail::StoreMode mode_of(Existing existing) {
  return existing == Existing::replace ? detail::StoreMode::always : detail::StoreMode::if_absent;
}

bool is_content(std::uint64_t schema) {
  return schema == detail::stream_schema || detail::is_bytes_or_text(schema);
}

PutOptions options_of(const Record& record) {
  const detail::Life life = detail::life_of(record);
  PutOptions options{.expires_at = life.latest, .stale_for = life.stale_for};
  if (life.idle_ttl != Duration::zero()) options.idle_ttl = life.idle_ttl;
  detail::for_each_tag(record.tags, [&](std::string_view tag) { options.tags.emplace_back(tag); });
  return options;
}

class Exporter {
 public:
  using Visitor = FunctionRef<void(const ExportedEntry& entry)>;

  Exporter(const CacheCore::State& state, ReadTxn& txn, Visitor visit)
      : state_(state), txn_(txn), visit_(visit), now_(state.hooks.clock->now()) {}

  ExportReport run() {
    txn_.scan(state_.layout.range(detail::Space::order), Direction::forward,
              [&](BytesView, BytesView key) {
                look_at(key);
                return Visit::more;
              });
    return report_;
  }

 private:
  void look_at(BytesView key) {
    const detail::EngineKey at = state_.layout.record(key);
    const std::optional<BytesView> stored = txn_.get(at.view());
    const std::optional<Record> record =
        stored ? detail::open_record(*stored, at.view()) : std::nullopt;
    if (!record) {
      ++report_.damaged;
    } else if (!record->is_expired(now_) && !state_.is_cleared(txn_, *record) &&
               record->schema != detail::absent_schema) {
      show(key, *record);
    }
  }

  void show(BytesView key_bytes, const Record& record) {
    std::optional<Key> key;
    std::optional<ValueReader> content;
    std::optional<detail::StoredValue> encoded;
    try {
      key = Key::from_bytes(key_bytes);
      if (is_content(record.schema)) {
        if (auto source = detail::open_content(state_, record)) {
          content.emplace(std::move(source));
          content->check();
        }
      } else {
        encoded = detail::StoredValue::load(record, *state_.files, record.schema);
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corrupt) throw;
      ++report_.damaged;
      return;
    }
    if (!content && !encoded) {
      ++report_.replaced;
      return;
    }
    const PutOptions options = options_of(record);
    visit_({.key = *key,
            .schema = record.schema,
            .stored_at = record.stored_at,
            .options = options,
            .content = content ? &*content : nullptr,
            .encoded = encoded ? encoded->bytes() : BytesView()});
    ++report_.entries;
  }

  const CacheCore::State& state_;
  ReadTxn& txn_;
  Visitor visit_;
  WallTime now_;
  ExportReport report_;
};

}  // namespace

ExportReport export_entries(const Cache& cache,
                            FunctionRef<void(const ExportedEntry& entry)> visit) {
  const auto& core = detail::CacheAccess::core(cache);
  if (!core->parts().empty()) {
    ExportReport all;
    for (const auto& part : core->parts()) {
      const ExportReport one = export_entries(detail::CacheAccess::make(part), visit);
      all.entries += one.entries;
      all.damaged += one.damaged;
      all.replaced += one.replaced;
    }
    return all;
  }
  const CacheCore::State& state = core->state();
  return state.engine->view([&](ReadTxn& txn) { return Exporter(state, txn, visit).run(); });
}

bool import_encoded(Cache& cache, const Key& key, std::uint64_t schema, BytesView encoded,
                    const PutOptions& options, Existing existing) {
  if (schema < first_type_schema) {
    throw Error(ErrorKind::invalid_argument,
                "cache: " + std::to_string(schema) + " is no schema of a type");
  }
  try {
    WireReader in(encoded);
    in.skip();
    in.expect_end();
    (void)detail::content_of(encoded, schema);
  } catch (const Error& error) {
    throw Error(ErrorKind::invalid_argument,
                "cache: the encoded value of " + key.to_string() + " is none: " + error.what());
  }
  return detail::CacheAccess::core(cache)->store(key, schema, encoded, options, mode_of(existing));
}

bool import_content(Cache& cache, const Key& key, std::uint64_t schema, ByteSource source,
                    const PutOptions& options, Existing existing) {
  if (!is_content(schema)) {
    throw Error(ErrorKind::invalid_argument,
                "cache: only bytes and text come as a stream: encode other values");
  }
  return detail::CacheAccess::core(cache)->store_stream(key, schema, source, options,
                                                        mode_of(existing));
}

}  // namespace larder
