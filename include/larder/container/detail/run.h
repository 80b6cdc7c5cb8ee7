// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace larder::detail {

/// Items that follow each other in a deque and whose numbers go up, or down, by one. Or the place
/// of one item that was taken, which does not count.
struct Run {
  std::int64_t first = 0;      ///< Number of the first item.
  std::uint64_t count = 0;     ///< Items; 0 for the place of one that was taken.
  bool is_descending = false;  ///< The numbers go down.

  [[nodiscard]] bool is_taken() const noexcept { return count == 0; }

  /// The number of the item `offset` behind the first.
  [[nodiscard]] std::int64_t id(std::uint64_t offset) const noexcept {
    const auto distance = static_cast<std::int64_t>(offset);
    return is_descending ? first - distance : first + distance;
  }

  /// `length` items from the one at `offset` on.
  [[nodiscard]] Run part(std::uint64_t offset, std::uint64_t length) const noexcept {
    return {.first = id(offset), .count = length, .is_descending = is_descending};
  }

  /// The same items from the last to the first.
  [[nodiscard]] Run reversed() const noexcept {
    if (is_taken()) return *this;
    return {.first = id(count - 1), .count = count, .is_descending = !is_descending};
  }

  friend bool operator==(const Run&, const Run&) = default;
};

using Runs = std::vector<Run>;

}  // namespace larder::detail
