// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/key/key.h"
#include "larder/key/key_prefix.h"

namespace larder {

/// A result in an archive, encoded by its `Codec`.
struct ArchivedResult {
  Bytes value;
  WallTime stored_at = {};  ///< When it was computed.
  std::optional<WallTime> expires_at = std::nullopt;
  Duration load_time = {};  ///< What that took.
};

/// A larger and slower place behind a memory: what is evicted there goes here. To put another kind
/// of place behind a memory, derive from this.
///
/// Thread-safe. What a function throws goes to the log hook of the memory, and is a miss.
class ResultArchive {
 public:
  ResultArchive() = default;
  ResultArchive(const ResultArchive&) = delete;
  ResultArchive& operator=(const ResultArchive&) = delete;
  virtual ~ResultArchive() = default;

  /// The result of `key`, or nothing.
  [[nodiscard]] virtual std::optional<ArchivedResult> get(const Key& key) = 0;

  /// Stores a result, replacing an earlier one.
  virtual void put(const Key& key, const ArchivedResult& result) = 0;

  /// Removes a result if there is one.
  virtual void erase(const Key& key) = 0;

  /// The keys of results that begin so, in any order.
  [[nodiscard]] virtual std::vector<Key> keys(const KeyPrefix& prefix) = 0;
};

/// An archive in a cache, which several functions and processes may share. What is put there is
/// found by memoized functions that have this archive only, not by those that keep their results in
/// the cache itself.
[[nodiscard]] std::shared_ptr<ResultArchive> archive_in(Cache cache);

}  // namespace larder
