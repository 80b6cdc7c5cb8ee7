// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "larder/codec/codec.h"
#include "larder/container/detail/batch_iterator.h"
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
  struct Source {
    using value_type = std::pair<K, V>;

    bool read(std::vector<value_type>& batch) {
      if (cursor.is_done) return false;
      core->read_some(cursor, [&](BytesView key, BytesView value) {
        batch.emplace_back(Key::from_bytes(key).as<K>(), decode<V>(value));
      });
      return true;
    }

    std::shared_ptr<const detail::IndexCore> core;
    detail::IndexCursor cursor;
  };

 public:
  using Iterator = detail::BatchIterator<Source>;

  IndexItems(std::shared_ptr<const detail::IndexCore> core, KeyOrder order, Direction direction,
             KeyRange keys)
      : core_(std::move(core)), order_(order), direction_(direction), keys_(std::move(keys)) {}

  /// Starts a new walk.
  /// @throws Error `corrupt`, as does every step
  [[nodiscard]] Iterator begin() const {
    return Iterator({.core = core_, .cursor = core_->walk(order_, direction_, keys_)});
  }
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

 private:
  std::shared_ptr<const detail::IndexCore> core_;
  KeyOrder order_;
  Direction direction_;
  KeyRange keys_;
};

}  // namespace larder
