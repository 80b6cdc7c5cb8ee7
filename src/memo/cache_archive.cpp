// SPDX-License-Identifier: Apache-2.0
#include <tuple>
#include <utility>

#include "larder/memo/result_archive.h"

namespace larder {

namespace {

class CacheArchive final : public ResultArchive {
 public:
  explicit CacheArchive(Cache cache) : cache_(std::move(cache)) {}

  [[nodiscard]] std::optional<ArchivedResult> get(const Key& key) override {
    auto entry = cache_.get_entry<Stored>(key);
    if (!entry) return std::nullopt;
    auto& [value, stored_at, load_time] = entry->value;
    return ArchivedResult{.value = std::move(value),
                          .stored_at = stored_at,
                          .expires_at = entry->expires_at,
                          .load_time = load_time};
  }
  void put(const Key& key, const ArchivedResult& result) override {
    cache_.put(key, Stored(result.value, result.stored_at, result.load_time),
               {.expires_at = result.expires_at});
  }
  void erase(const Key& key) override { cache_.erase(key); }
  [[nodiscard]] std::vector<Key> keys(const KeyPrefix& prefix) override {
    return cache_.select({.prefix = prefix});
  }

 private:
  /// A result, when it was computed, and what that took.
  using Stored = std::tuple<Bytes, WallTime, Duration>;

  Cache cache_;
};

}  // namespace

std::shared_ptr<ResultArchive> archive_in(Cache cache) {
  return std::make_shared<CacheArchive>(std::move(cache));
}

}  // namespace larder
