// SPDX-License-Identifier: Apache-2.0

// The limit on age: it is part of the expiry of every entry, so that one rule of time is enough.

#include <algorithm>
#include <vector>

#include "cache/table.h"
#include "larder/cache/detail/scratch.h"

namespace larder::detail {

WallTime Table::latest_expiry(const Record& record) const noexcept {
  const Duration max_age = settings().max_age;
  return max_age == Duration::zero() ? never : add_saturated(record.stored_at, max_age);
}

Table::Batch Table::limit_ages(std::uint64_t& next, std::uint64_t limit) {
  const std::uint64_t end = meta_.next_sequence;
  next = std::max(next, meta_.cleared_below);
  if (settings().max_age == Duration::zero() || next >= end) return {};
  const std::vector<Indexed> batch = collect(state_.layout.order_range(next, end), limit);
  for (const Indexed& found : batch) {
    limit_age(found.key);
    next = found.sequence + 1;
  }
  return {.is_last = batch.size() < limit};
}

// Not by way of `write()`: this is no use of the entry.
void Table::limit_age(BytesView key) {
  const EngineKey at = state_.layout.record(key);
  const std::optional<BytesView> stored = txn_.get(at.view());
  const std::optional<Record> old = stored ? open_record(*stored, at.view()) : std::nullopt;
  if (!old || old->expires_at <= latest_expiry(*old)) return;
  Record record = *old;
  record.expires_at = latest_expiry(*old);
  const Placed before = place(key, *old);
  const Placed entry = place(key, record);
  Scratch sealed;
  seal_record(record, at.view(), sealed.bytes());
  txn_.put(at.view(), sealed.bytes());
  index(key, entry, &before);
}

}  // namespace larder::detail
