// SPDX-License-Identifier: Apache-2.0
#include "cache/seen.h"

#include <optional>

#include "cache/stored_value.h"
#include "larder/core/error.h"

namespace larder::detail {

Seen show(const Record& record, std::uint64_t schema, FileStore& files, EntryVisitor visit) {
  if (record.schema == absent_schema) return Seen::absent;
  if (!can_read_as(record.schema, schema)) return Seen::other_type;
  const std::optional<StoredValue> value = StoredValue::load(record, files, schema);
  if (!value) return Seen::in_file;
  const WallTime expiry = record.fresh_until();
  try {
    visit({.value = value->bytes(),
           .stored_at = record.stored_at,
           .expires_at = expiry == never ? std::optional<WallTime>() : std::optional(expiry),
           .tags = record.tags,
           .record = &record,
           .load_time = record.timing.load_time});
  } catch (const Error& error) {
    // The checksum is right: these are the bytes that were stored, but of another type.
    if (error.kind() != ErrorKind::corrupt) throw;
    return Seen::other_type;
  }
  return Seen::hit;
}

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

}  // namespace larder::detail
