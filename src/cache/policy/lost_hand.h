// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cache/policy/shared.h"
#include "larder/cache/eviction_policy.h"

namespace larder::detail {

/// A hand that goes round the insertion order in search of entries that a crash, an undone update
/// or an earlier policy left in no queue.
///
/// Not thread-safe: used within updates, which come one at a time.
class LostHand {
 public:
  struct Memory {
    Shared<std::uint64_t> hand;
    Shared<std::uint64_t> choices;
  };

  /// To be called once for each choice. Returns the entries to look at now, all of them before
  /// `front`: two for each choice on average, more than a cache that is full can take in meanwhile,
  /// so that the hand comes round.
  [[nodiscard]] static std::vector<std::uint64_t> pass(Memory& memory, Residents& residents,
                                                       std::uint64_t front) {
    constexpr std::uint64_t interval = 8;
    constexpr std::size_t batch = 16;
    std::vector<std::uint64_t> next;
    if (memory.choices.add(1) % interval != 0) return next;
    residents.list(memory.hand.get(), batch, next);
    next.erase(std::ranges::lower_bound(next, front), next.end());
    memory.hand.set(next.size() < batch ? 0 : next.back() + 1);
    return next;
  }
};

}  // namespace larder::detail
