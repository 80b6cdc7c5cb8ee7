// SPDX-License-Identifier: Apache-2.0
#include "container/deque_meta.h"

namespace larder::detail {

namespace {

// Stored on disk: never change. Whatever the format, it comes first.
constexpr SettingsShape shape{.format = 1, .fields = 9};

}  // namespace

DequeMeta load_deque(ReadTxn& txn, const Subspace& place, const ItemType& type) {
  const auto found = place.find(txn, place.key(DequeSpace::meta).view(), settings_record);
  if (!found) return {};
  WireReader in(found->payload);
  place.read_settings_head(in, shape, type);
  DequeMeta meta;
  meta.max_size = in.read_uint();
  meta.next_back = in.read_int();
  meta.next_front = in.read_int();
  meta.root.next_node = in.read_int();
  meta.root.height = in.read_uint();
  meta.root.entries = read_runs(in);
  in.expect_end();
  return meta;
}

bool has_deque(ReadTxn& txn, const Subspace& place) {
  return txn.get(place.key(DequeSpace::meta).view()).has_value();
}

void store_deque(WriteTxn& txn, const Subspace& place, const ItemType& type,
                 const DequeMeta& meta) {
  Bytes payload;
  WireWriter out(payload);
  Subspace::write_settings_head(out, shape, type);
  out.write_uint(meta.max_size);
  out.write_int(meta.next_back);
  out.write_int(meta.next_front);
  out.write_int(meta.root.next_node);
  out.write_uint(meta.root.height);
  write_runs(meta.root.entries, out);
  Subspace::put(txn, place.key(DequeSpace::meta), type.schema, payload);
}

}  // namespace larder::detail
