// SPDX-License-Identifier: Apache-2.0

// Changes on a condition: only if an entry still holds what the caller thinks it does.

#include <optional>

#include "cache/seen.h"
#include "cache/store.h"
#include "larder/cache/cache.h"
#include "larder/cache/detail/cache_core.h"
#include "larder/core/error.h"

namespace larder {

namespace detail {

bool CacheCore::holds(const Record& record, Version version) {
  return version_of(record) == version;
}

bool CacheCore::holds(const Key& key, const Record& record, std::uint64_t schema,
                      BytesView encoded) const {
  if (CacheCore* part = part_of(key)) return part->holds(key, record, schema, encoded);
  bool is_equal = false;
  const Seen seen = show_here(record, schema, *state_->files, [&](const SeenEntry& entry) {
    is_equal = equal(entry.value, encoded);
  });
  return seen == Seen::hit && is_equal;
}

bool CacheCore::store_if(const Key& key, RecordTest test, std::uint64_t schema, BytesView value,
                         const PutOptions& options) {
  if (CacheCore* part = part_of(key)) return part->store_if(key, test, schema, value, options);
  enum class Result { stored, different, full };
  const Bytes tags = checked_tags(options);
  const Packed packed(value, schema, *state_);
  const Result result = update(*state_, {}, [&](Table& table) {
    table.tidy();
    const std::optional<Record> old = table.find(key.bytes(), IfStale::kept);
    if (!old || !test(*old)) return Result::different;
    const NewEntry entry{.schema = schema, .options = options, .tags = tags};
    return store_in(table, key.bytes(), packed, entry, old) ? Result::stored : Result::full;
  });
  if (result == Result::full) throw full_error(key);
  return result == Result::stored;
}

bool CacheCore::erase_if(const Key& key, RecordTest test) {
  if (CacheCore* part = part_of(key)) return part->erase_if(key, test);
  return update(*state_, {.deadline = std::nullopt, .frees_space = true}, [&](Table& table) {
    const std::optional<Record> record = table.find(key.bytes(), IfStale::kept);
    if (!record || !test(*record)) return false;
    table.remove(key.bytes(), *record, Event::erased);
    return true;
  });
}

}  // namespace detail

bool Cache::compare_and_erase(const Key& key, Version expected) {
  return core_->erase_if(key, [&](const detail::Record& record) {
    return detail::CacheCore::holds(record, expected);
  });
}

}  // namespace larder
