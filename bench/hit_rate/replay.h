// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "hit_rate/trace.h"
#include "larder/cache/options.h"

namespace larder::bench {

/// How a policy did on a trace.
struct Replay {
  double hit_rate = 0;
  double ns = 0;  ///< For one access, the bookkeeping of this program included.
};

/// Replays `trace` with a cache of `entries`: a hit is a use, a miss stores the key. The policy is
/// the very object that a `Cache` asks; the entries are kept in memory, because a cache would take
/// a hundred times as long.
[[nodiscard]] Replay replay(const Trace& trace, std::uint64_t entries, Eviction eviction);

/// The best that any policy could do that stores each key it misses: what is needed last goes
/// (Belady, IBM Systems Journal 5(2), 1966).
[[nodiscard]] double optimal_hit_rate(const Trace& trace, std::uint64_t entries);

}  // namespace larder::bench
