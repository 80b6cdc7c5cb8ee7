// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "container/run_tree.h"
#include "container/subspace.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// Stands for "no limit" where a number is stored.
inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
inline constexpr auto no_time = std::numeric_limits<std::int64_t>::max();

/// What a deque keeps about items that were taken.
struct TakingMeta {
  std::uint64_t max_attempts = no_limit;
  std::uint64_t next_token = 1;  ///< Of the next that is taken. Never used twice.
  std::uint64_t taken = 0;       ///< Items that are taken.
  /// No lease ends before. In microseconds of the steady clock of the machine.
  std::int64_t first_end = no_time;

  friend bool operator==(const TakingMeta&, const TakingMeta&) = default;
};

/// What a deque keeps about itself: read and, if changed, written by each update.
struct DequeMeta {
  std::uint64_t max_size = no_limit;
  std::int64_t next_back = 0;    ///< Number of the next item, unless it is pushed at the front.
  std::int64_t next_front = -1;  ///< Number of the next item at the front. Never used twice.
  RunRoot root = {};
  TakingMeta taking = {};

  [[nodiscard]] std::uint64_t size() const noexcept { return root.size(); }

  friend bool operator==(const DequeMeta&, const DequeMeta&) = default;
};

/// The deque at `place`, or an empty one if there is none.
/// @throws Error `invalid_argument` if it holds another type, `corrupt`, `not_supported`
[[nodiscard]] DequeMeta load_deque(ReadTxn& txn, const Subspace& place, const ItemType& type);

/// Whether there is a deque at `place`.
[[nodiscard]] bool has_deque(ReadTxn& txn, const Subspace& place);

void store_deque(WriteTxn& txn, const Subspace& place, const ItemType& type, const DequeMeta& meta);

}  // namespace larder::detail
