// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>

#include "larder/engine/txn.h"
#include "larder/key/key.h"
#include "larder/key/key_order.h"

namespace larder {

namespace detail {
class CacheCore;
class KeyWalk;
}  // namespace detail

/// The keys of a cache, for a range-based `for`. Reads them in small batches and holds no
/// transaction in between, so that a slow loop hinders nobody; the cache may change meanwhile.
///
/// Thread-compatible. Keeps the cache open.
class CacheKeys {
 public:
  class Iterator;

  CacheKeys(std::shared_ptr<detail::CacheCore> core, KeyOrder order, Direction direction)
      : core_(std::move(core)), order_(order), direction_(direction) {}

  /// Starts a new walk: entries that are added from now on are not in it.
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

 private:
  std::shared_ptr<detail::CacheCore> core_;
  KeyOrder order_;
  Direction direction_;
};

/// An input iterator: copies share one position.
///
/// Not thread-safe.
class CacheKeys::Iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = Key;
  using difference_type = std::ptrdiff_t;

  Iterator() = default;
  explicit Iterator(std::shared_ptr<detail::KeyWalk> walk);

  /// The key here. Valid until the iterator moves.
  const Key& operator*() const;
  const Key* operator->() const { return &**this; }
  Iterator& operator++();
  void operator++(int) { ++*this; }

  friend bool operator==(const Iterator& a, std::default_sentinel_t) noexcept { return a.done(); }

 private:
  [[nodiscard]] bool done() const noexcept { return walk_ == nullptr; }

  std::shared_ptr<detail::KeyWalk> walk_;
};

}  // namespace larder
