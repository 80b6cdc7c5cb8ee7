// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/random_choice.h"

#include <vector>

#include "larder/core/random.h"

namespace larder::detail {

std::optional<std::uint64_t> RandomChoice::choose(Residents& residents) {
  constexpr int draws = 128;
  const std::uint64_t first = residents.first();
  const std::uint64_t end = residents.end();
  // Any seed will do, if only it changes from one choice to the next.
  Random random(end * 0x9E3779B97F4A7C15U + residents.entries());
  std::uint64_t drawn = first;
  for (int i = 0; i < draws; ++i) {
    drawn = first + random.below(end - first);
    if (drawn != residents.pinned() && residents.contains(drawn)) return drawn;
  }
  std::vector<std::uint64_t> next;
  residents.list(drawn, 2, next);
  for (const std::uint64_t sequence : next) {
    if (sequence != residents.pinned()) return sequence;
  }
  return std::nullopt;
}

}  // namespace larder::detail
