// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "larder/memo/result_archive.h"

namespace larder {

namespace {

class CacheArchive final : public ResultArchive {
 public:
  explicit CacheArchive(Cache cache) : cache_(std::move(cache)) {}

  [[nodiscard]] std::optional<ArchivedResult> get(const Key& key) override {
    auto entry = cache_.get_entry<Bytes>(key);
    if (!entry) return std::nullopt;
    return ArchivedResult{.value = std::move(entry->value), .expires_at = entry->expires_at};
  }
  void put(const Key& key, const ArchivedResult& result) override {
    cache_.put(key, result.value, {.expires_at = result.expires_at});
  }
  void erase(const Key& key) override { cache_.erase(key); }
  [[nodiscard]] std::vector<Key> keys(const KeyPrefix& prefix, std::size_t at_most) override {
    std::vector<Key> keys = cache_.select({.prefix = prefix});
    if (keys.size() > at_most)
      keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(at_most), keys.end());
    return keys;
  }

 private:
  Cache cache_;
};

}  // namespace

std::shared_ptr<ResultArchive> archive_in(Cache cache) {
  return std::make_shared<CacheArchive>(std::move(cache));
}

}  // namespace larder
