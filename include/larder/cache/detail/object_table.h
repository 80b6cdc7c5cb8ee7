// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "larder/cache/detail/cache_core.h"
#include "larder/key/key.h"

namespace larder::detail {

/// The decoded values that one `ObjectTier` keeps, whatever their type.
///
/// Thread-safe. In the child of a fork it starts empty.
class ObjectTable {
 public:
  using Object = std::shared_ptr<const void>;

  ObjectTable(std::shared_ptr<const CacheCore> core, std::size_t max_objects);
  ObjectTable(const ObjectTable&) = delete;
  ObjectTable& operator=(const ObjectTable&) = delete;
  ~ObjectTable();

  /// The object of `key` if it is what the cache holds now, or null. Counts in the cache.
  [[nodiscard]] Object find(const Key& key);

  /// Where to see that a key has changed since. To be taken before its value is read.
  struct Watch {
    const std::atomic<std::uint64_t>* place = nullptr;  ///< Null: what is read may not be kept.
    std::uint64_t generation = 0;
  };
  [[nodiscard]] Watch watch(const Key& key) const;

  /// Keeps `object`, which was made of `entry`, if that is possible.
  void keep(const Key& key, const Watch& watch, const SeenEntry& entry, Object object);

  /// Lets go of all objects.
  void clear();

  [[nodiscard]] std::size_t size() const;
  /// How often `find()` had something.
  [[nodiscard]] std::uint64_t hits() const;

 private:
  struct Board;

  [[nodiscard]] Board& board() const;

  std::shared_ptr<const CacheCore> core_;
  std::size_t max_objects_;
  mutable std::atomic<Board*> board_;
};

}  // namespace larder::detail
