// SPDX-License-Identifier: Apache-2.0
#include "container/index_place.h"

#include "container/damage.h"
#include "larder/key/key.h"

namespace larder::detail {

namespace {

// Stored on disk: never change. Whatever the format, it comes first.
constexpr SettingsShape shape{.format = 1, .fields = 5};
constexpr auto an_entry = "an entry";
constexpr auto the_order = "the order of its entries";

}  // namespace

IndexMeta IndexCore::Place::load(ReadTxn& txn) const {
  const auto found = keys.find(txn, keys.key(IndexSpace::meta).view(), settings_record);
  if (!found) return {};
  WireReader in(found->payload);
  keys.read_settings_head(in, {&shape, 1}, type);
  IndexMeta meta;
  meta.size = in.read_uint();
  meta.next_number = in.read_int();
  in.expect_end();
  return meta;
}

bool IndexCore::Place::exists(ReadTxn& txn) const {
  return txn.get(keys.key(IndexSpace::meta).view()).has_value();
}

void IndexCore::Place::store(WriteTxn& txn, const IndexMeta& meta) const {
  Bytes payload;
  WireWriter out(payload);
  Subspace::write_settings_head(out, shape, type);
  out.write_uint(meta.size);
  out.write_int(meta.next_number);
  Subspace::put(txn, keys.key(IndexSpace::meta), type.schema, payload);
}

KeyBuffer IndexCore::Place::entry_key(BytesView key) const {
  KeyBuffer result = keys.key(IndexSpace::entry);
  result.append(key);
  return result;
}

KeyBuffer IndexCore::Place::order_key(std::int64_t number) const {
  return keys.key(IndexSpace::order, number);
}

BytesView IndexCore::Place::key_of(BytesView engine_key) const {
  return engine_key.subspan(keys.key(IndexSpace::entry).size());
}

std::optional<IndexEntry> IndexCore::Place::find(ReadTxn& txn, BytesView key) const {
  const auto found = keys.find(txn, entry_key(key).view(), an_entry);
  if (!found) return std::nullopt;
  WireReader in(found->payload);
  IndexEntry entry;
  entry.number = in.read_int();
  entry.value = found->payload.subspan(in.position());
  return entry;
}

IndexEntry IndexCore::Place::get(ReadTxn& txn, BytesView key) const {
  const std::optional<IndexEntry> found = find(txn, key);
  if (!found) keys.fail(an_entry);
  return *found;
}

BytesView IndexCore::Place::key_at(ReadTxn& txn, BytesView order_key) const {
  return keys.get(txn, order_key, the_order).payload;
}

std::optional<std::int64_t> IndexCore::Place::find_in_order(ReadTxn& txn, BytesView key) const {
  const std::size_t prefix = keys.key(IndexSpace::order).size();
  std::optional<std::int64_t> number;
  bool is_damaged = false;
  txn.scan(keys.range(IndexSpace::order), Direction::forward, [&](BytesView at, BytesView) {
    const auto named = unless_damaged([&] { return key_at(txn, at); });
    is_damaged = is_damaged || !named;
    if (!named || !equal(*named, key)) return Visit::more;
    number = Key::from_bytes(at.subspan(prefix)).as<std::int64_t>();
    return Visit::stop;
  });
  if (!number && is_damaged) keys.fail(the_order);
  return number;
}

std::optional<Bytes> IndexCore::Place::end_key(ReadTxn& txn, KeyOrder order,
                                               Direction direction) const {
  std::optional<Bytes> found;
  const bool is_by_key = order == KeyOrder::key;
  txn.scan(keys.range(is_by_key ? IndexSpace::entry : IndexSpace::order), direction,
           [&](BytesView at, BytesView) {
             found = to_bytes(is_by_key ? key_of(at) : key_at(txn, at));
             return Visit::stop;
           });
  return found;
}

void IndexCore::Place::store(WriteTxn& txn, BytesView key, const IndexEntry& entry) const {
  Bytes payload;
  WireWriter out(payload);
  out.write_int(entry.number);
  out.write_raw(entry.value);
  Subspace::put(txn, entry_key(key), type.schema, payload);
}

}  // namespace larder::detail
