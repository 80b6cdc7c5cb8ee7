// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "larder/codec/codec.h"
#include "larder/container/detail/index_core.h"
#include "larder/key/key.h"

namespace larder {

/// Entries of an `Index` as pairs of key and value, for a range-based `for` and the algorithms of
/// `std::ranges`. They are read in small batches, with no transaction in between, so that a slow
/// loop hinders nobody. What is added later is not in the walk, what was erased before its batch is
/// passed over, what was replaced has its new value.
///
/// Thread-compatible. Keeps the engine open.
template <KeyDecodable K, Encodable V>
class IndexItems {
 public:
  class Iterator;

  IndexItems(std::shared_ptr<const detail::IndexCore> core, KeyOrder order, Direction direction,
             KeyRange keys)
      : core_(std::move(core)), order_(order), direction_(direction), keys_(std::move(keys)) {}

  /// Starts a new walk.
  /// @throws Error `corrupt`, as does every step
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

 private:
  std::shared_ptr<const detail::IndexCore> core_;
  KeyOrder order_;
  Direction direction_;
  KeyRange keys_;
};

/// An input iterator: copies share one position.
///
/// Not thread-safe.
template <KeyDecodable K, Encodable V>
class IndexItems<K, V>::Iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = std::pair<K, V>;
  using difference_type = std::ptrdiff_t;

  Iterator() = default;

  /// The entry here. Valid until the iterator moves.
  const value_type& operator*() const { return walk_->batch[walk_->at]; }
  const value_type* operator->() const { return &**this; }
  Iterator& operator++() {
    ++walk_->at;
    walk_->fill();
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const Iterator& a, std::default_sentinel_t) {
    return a.walk_ == nullptr || a.walk_->at == a.walk_->batch.size();
  }

 private:
  friend class IndexItems;

  struct Walk {
    std::shared_ptr<const detail::IndexCore> core;
    detail::IndexCursor cursor;
    std::vector<value_type> batch = {};
    std::size_t at = 0;

    void fill() {
      while (at == batch.size() && !cursor.is_done) {
        batch.clear();
        at = 0;
        core->read_some(cursor, [&](BytesView key, BytesView value) {
          batch.emplace_back(Key::from_bytes(key).as<K>(), decode<V>(value));
        });
      }
    }
  };

  std::shared_ptr<Walk> walk_ = nullptr;
};

template <KeyDecodable K, Encodable V>
typename IndexItems<K, V>::Iterator IndexItems<K, V>::begin() const {
  Iterator first;
  first.walk_ = std::make_shared<typename Iterator::Walk>(
      typename Iterator::Walk{.core = core_, .cursor = core_->walk(order_, direction_, keys_)});
  first.walk_->fill();
  return first;
}

}  // namespace larder
