// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace larder::bench {

/// What a function with 300 callees costs before its first call, in nanoseconds.
struct FingerprintTimes {
  std::uint64_t first = 0;          ///< Its fingerprint, the first of the process.
  std::uint64_t known = 0;          ///< The same again.
  std::uint64_t first_memoize = 0;  ///< `memoize` of another one in a cache that never saw it,
  std::uint64_t next_memoize = 0;   ///< and again.
};

/// To be called once in a process. The cache is made below `folder`.
[[nodiscard]] FingerprintTimes time_fingerprints(const std::filesystem::path& folder);

}  // namespace larder::bench
