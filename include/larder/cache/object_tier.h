// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "larder/cache/cache.h"
#include "larder/cache/detail/object_table.h"

namespace larder {

/// How an `ObjectTier` is made.
struct ObjectTierOptions {
  /// The tier lets go of objects before it keeps more than this. At least 1.
  std::size_t max_objects = 10'000;
};

/// What an `ObjectTier` has done, in this process.
struct ObjectTierStats {
  std::uint64_t objects = 0;  ///< Kept now.
  std::uint64_t hits = 0;     ///< Served from memory, without a look at the cache.
};

/// Decoded values of a cache, kept in this process: a hit costs no read, no decoding and no copy.
/// It is still coherent: as soon as any process has changed an entry, the tier does not return what
/// was there before. Objects live for as long as someone holds them, also when the entry is gone.
///
/// Entries with an `idle_ttl` are not kept, as their uses must be written down. A hit counts as a
/// use, and in the statistics of the cache.
///
/// Thread-safe. A copy is another handle on the same tier. After `fork` the child starts empty.
///
/// @snippet object_tier.cpp tier
template <Encodable Value>
class ObjectTier {
 public:
  using Object = std::shared_ptr<const Value>;

  /// @throws Error `invalid_argument` for a bad option
  explicit ObjectTier(Cache cache, const ObjectTierOptions& options = {})
      : cache_(std::move(cache)),
        core_(detail::CacheAccess::core(cache_)),
        table_(std::make_shared<detail::ObjectTable>(core_, options.max_objects)) {}

  /// The value of `key`, or null.
  [[nodiscard]] Object get(const Key& key) const {
    if (auto kept = table_->find(key)) return std::static_pointer_cast<const Value>(kept);
    const detail::ObjectTable::Watch watch = table_->watch(key);
    Object object;
    core_->read(key, Codec<Value>::schema(), {},
                [&](const detail::SeenEntry& entry) { object = keep(key, watch, entry); });
    return object;
  }

  /// The value of `key` or, if there is none, what `loader()` returns: see `Cache::get_or_load()`.
  /// An object that is kept is not refreshed early. Null only if the loader returns an empty
  /// `std::optional`.
  template <std::invocable Loader>
  [[nodiscard]] Object get_or_load(const Key& key, Loader&& loader,
                                   const LoadOptions& options = {}) {
    static_assert(std::same_as<typename detail::LoadsOf<Loader>::Value, Value>,
                  "the loader must return the type of the tier, an optional of it, or Loaded");
    if (auto kept = table_->find(key)) return std::static_pointer_cast<const Value>(kept);
    const detail::ObjectTable::Watch watch = table_->watch(key);
    Object object;
    detail::load(
        *core_, key, loader, options,
        [&](const detail::SeenEntry& entry) { object = keep(key, watch, entry); },
        [&](std::optional<Value> loaded) {
          object = loaded ? std::make_shared<const Value>(std::move(*loaded)) : nullptr;
        });
    return object;
  }

  /// Lets go of all objects; the cache keeps its entries.
  void clear() { table_->clear(); }

  [[nodiscard]] ObjectTierStats stats() const {
    return {.objects = table_->size(), .hits = table_->hits()};
  }

  /// The cache underneath, to write to it.
  [[nodiscard]] Cache& cache() { return cache_; }

 private:
  Object keep(const Key& key, const detail::ObjectTable::Watch& watch,
              const detail::SeenEntry& entry) const {
    auto object = std::make_shared<const Value>(decode<Value>(entry.value));
    table_->keep(key, watch, entry, object);
    return object;
  }

  Cache cache_;
  std::shared_ptr<detail::CacheCore> core_;
  std::shared_ptr<detail::ObjectTable> table_;
};

}  // namespace larder
