// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include "larder/cache/cache.h"

namespace larder {

/// `Cache` with the types of its keys and values fixed. Thread-safe like the cache it looks at.
template <KeyEncodable K, Encodable V>
class CacheView {
 public:
  explicit CacheView(Cache cache) : cache_(std::move(cache)) {}

  [[nodiscard]] std::optional<V> get(const K& key) const { return cache_.get<V>(key); }
  [[nodiscard]] V at(const K& key) const { return cache_.at<V>(key); }
  [[nodiscard]] bool contains(const K& key) const { return cache_.contains(key); }
  void put(const K& key, const V& value, const PutOptions& options = {}) {
    cache_.put<V>(key, value, options);
  }
  bool add(const K& key, const V& value, const PutOptions& options = {}) {
    return cache_.add<V>(key, value, options);
  }
  bool erase(const K& key) { return cache_.erase(key); }
  std::optional<V> pop(const K& key) { return cache_.pop<V>(key); }
  /// The whole cache.
  [[nodiscard]] Cache& cache() { return cache_; }

 private:
  Cache cache_;
};

}  // namespace larder
