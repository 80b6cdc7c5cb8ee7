// SPDX-License-Identifier: Apache-2.0
#include "cache/policy/fifo.h"

#include <vector>

namespace larder::detail {

std::optional<std::uint64_t> oldest_of(Residents& residents) {
  const std::uint64_t first = residents.first();
  if (first == residents.end()) return std::nullopt;
  if (first != residents.pinned()) return first;
  std::vector<std::uint64_t> next;
  residents.list(first + 1, 1, next);
  return next.empty() ? std::nullopt : std::optional(next.front());
}

std::optional<std::uint64_t> Fifo::choose(Residents& residents) { return oldest_of(residents); }

}  // namespace larder::detail
