// SPDX-License-Identifier: Apache-2.0
#include "container/deque_meta.h"

#include "larder/codec/wire.h"

namespace larder::detail {

namespace {

// Stored on disk: never change. Whatever the format, it comes first.
constexpr std::uint64_t format_version = 1;
constexpr std::size_t fields = 9;
constexpr auto settings = "the record of its settings";

}  // namespace

DequeMeta load_deque(ReadTxn& txn, const Subspace& place, const ItemType& type) {
  const auto found = place.find(txn, place.key(DequeSpace::meta).view(), settings);
  if (!found) return {};
  WireReader in(found->payload);
  const std::size_t count = in.read_array();
  place.check_format(in.read_uint(), format_version);
  if (count != fields) place.fail(settings);
  const std::uint64_t schema = in.read_uint();
  place.check_type(type, schema, in.read_str());
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
  out.write_array(fields);
  out.write_uint(format_version);
  out.write_uint(type.schema);
  out.write_str(type.name);
  out.write_uint(meta.max_size);
  out.write_int(meta.next_back);
  out.write_int(meta.next_front);
  out.write_int(meta.root.next_node);
  out.write_uint(meta.root.height);
  write_runs(meta.root.entries, out);
  Subspace::put(txn, place.key(DequeSpace::meta), type.schema, payload);
}

}  // namespace larder::detail
