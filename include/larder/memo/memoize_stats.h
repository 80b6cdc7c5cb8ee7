// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace larder {

/// What calls of a memoized function came to, in this process.
struct MemoizeStats {
  std::uint64_t hits = 0;         ///< Calls whose result was there.
  std::uint64_t misses = 0;       ///< Calls that computed, or waited for another that did.
  std::uint64_t loads = 0;        ///< Calls whose result came from an archive.
  std::uint64_t uncacheable = 0;  ///< Calls of `safe_memoize` whose arguments make no key.
  std::uint64_t evicted = 0;      ///< Results that made room for others; of memories only.
  std::uint64_t entries = 0;      ///< Results that are there now; of memories only.

  /// Hits and loads among all calls that had a key, 0 if there was none.
  [[nodiscard]] double hit_rate() const noexcept {
    const std::uint64_t found = hits + loads;
    const std::uint64_t calls = found + misses;
    return calls == 0 ? 0.0 : static_cast<double>(found) / static_cast<double>(calls);
  }
};

}  // namespace larder
