// SPDX-License-Identifier: Apache-2.0
#include "container/deque_meta.h"

#include <array>

namespace larder::detail {

namespace {

// Stored on disk: never change. Whatever the format, it comes first.
// Format 2 is that of deques from which items were taken: what knows only format 1 would lose them.
constexpr std::array<SettingsShape, 2> shapes{
    {{.format = 1, .fields = 9}, {.format = 2, .fields = 13}}};

}  // namespace

DequeMeta load_deque(ReadTxn& txn, const Subspace& place, const ItemType& type) {
  const auto found = place.find(txn, place.key(DequeSpace::meta).view(), settings_record);
  if (!found) return {};
  WireReader in(found->payload);
  const std::uint64_t format = place.read_settings_head(in, shapes, type);
  DequeMeta meta;
  meta.max_size = in.read_uint();
  meta.next_back = in.read_int();
  meta.next_front = in.read_int();
  meta.root.next_node = in.read_int();
  meta.root.height = in.read_uint();
  meta.root.entries = read_runs(in);
  if (format > 1) {
    meta.taking.max_attempts = in.read_uint();
    meta.taking.next_token = in.read_uint();
    meta.taking.taken = in.read_uint();
    meta.taking.first_end = in.read_int();
  }
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
  const bool is_plain = meta.taking == TakingMeta{};
  Subspace::write_settings_head(out, shapes[is_plain ? 0 : 1], type);
  out.write_uint(meta.max_size);
  out.write_int(meta.next_back);
  out.write_int(meta.next_front);
  out.write_int(meta.root.next_node);
  out.write_uint(meta.root.height);
  write_runs(meta.root.entries, out);
  if (!is_plain) {
    out.write_uint(meta.taking.max_attempts);
    out.write_uint(meta.taking.next_token);
    out.write_uint(meta.taking.taken);
    out.write_int(meta.taking.first_end);
  }
  Subspace::put(txn, place.key(DequeSpace::meta), type.schema, payload);
}

}  // namespace larder::detail
