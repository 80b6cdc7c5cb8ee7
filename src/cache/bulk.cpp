// SPDX-License-Identifier: Apache-2.0

// Many keys in one transaction.

#include <deque>
#include <optional>

#include "cache/store.h"
#include "larder/cache/cache.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"

namespace larder {

namespace detail {

void CacheCore::store_many(std::span<const NewValue> values, std::uint64_t schema,
                           const PutOptions& options) {
  if (!parts_.empty()) return store_in_parts(values, schema, options);
  const Bytes tags = checked_tags(options);
  // Files are written before others have to wait.
  std::deque<Packed> packed;
  for (const NewValue& one : values) packed.emplace_back(one.value, schema, *state_);
  // What has no room leaves the transaction by an exception: what came before it goes, too.
  update(*state_, {}, [&](Table& table) {
    const NewEntry entry{.schema = schema, .options = options, .tags = tags};
    table.tidy();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Key& key = *values[i].key;
      const std::optional<Record> old = table.find(key.bytes());
      if (!store_in(table, key.bytes(), packed[i], entry, old)) throw full_error(key);
    }
    return true;
  });
}

std::uint64_t CacheCore::erase_many(std::span<const Key> keys) {
  if (!parts_.empty()) {
    std::uint64_t removed = 0;
    transact(
        [&] {
          for (const Key& key : keys) removed += erase(key) ? 1U : 0U;
        },
        {});
    return removed;
  }
  return update(*state_, {.deadline = std::nullopt, .frees_space = true}, [&](Table& table) {
    std::uint64_t removed = 0;
    for (const Key& key : keys) {
      const std::optional<Record> record = table.find(key.bytes());
      if (!record) continue;
      table.remove(key.bytes(), *record, Event::erased);
      ++removed;
    }
    return removed;
  });
}

}  // namespace detail

std::uint64_t Cache::erase_many(std::span<const Key> keys) { return core_->erase_many(keys); }

}  // namespace larder
