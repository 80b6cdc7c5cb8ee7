// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/lmdb/layout.h"
#include "larder/core/bytes.h"
#include "larder/engine/txn.h"

namespace larder::lmdb {

/// Stored keys from `begin` up to but without `end`, or all from `begin` on.
struct StoredRange {
  StoredRange() = default;
  StoredRange(BytesView first, std::optional<BytesView> beyond);
  /// All that may stand for keys in `range`. Wider than that where keys are long; the full keys
  /// decide then.
  explicit StoredRange(const KeyRange& range);

  [[nodiscard]] bool contains(BytesView key) const noexcept;
  [[nodiscard]] bool is_empty() const noexcept;

  Bytes begin;
  std::optional<Bytes> end = std::nullopt;
};

/// What one update knows of ranges in which no key has a value, so that who takes from an end does
/// not walk over what was taken before, again and again: the log says of each such key that it is
/// erased until LMDB has forgotten it. Shared by all processes. Hints: to forget one costs only
/// time.
///
/// Used under write_mutex only.
class EmptyRanges {
 public:
  explicit EmptyRanges(EmptyRangeTable& table) noexcept : table_(table) {}

  /// Takes from the side of `range` where a walk in `direction` begins what is known to be empty.
  void narrow(StoredRange& range, Direction direction) const;
  /// The update sees no value in `range`.
  void note(StoredRange range);
  /// A key is about to get a value.
  void fill(BytesView key) noexcept;
  /// What the update has noted is true for all: it was committed.
  void publish() noexcept;

 private:
  [[nodiscard]] bool narrow_once(StoredRange& range, Direction direction) const;
  /// Takes those out of the shared table for which `is_to_go(range)` holds.
  template <typename Predicate>
  void drop_shared(Predicate is_to_go);

  EmptyRangeTable& table_;
  std::vector<StoredRange> own_;  ///< Not true for others yet.
};

}  // namespace larder::lmdb
