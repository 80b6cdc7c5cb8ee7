// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "container/run_tree.h"
#include "container/subspace.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// Stands for "no limit" where a size is stored.
inline constexpr std::uint64_t no_max_size = std::numeric_limits<std::uint64_t>::max();

/// What a deque keeps about itself: read and, if changed, written by each update.
struct DequeMeta {
  std::uint64_t max_size = no_max_size;
  std::int64_t next_back = 0;    ///< Number of the next item, unless it is pushed at the front.
  std::int64_t next_front = -1;  ///< Number of the next item at the front. Never used twice.
  RunRoot root = {};

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
