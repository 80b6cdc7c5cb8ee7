// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace larder::bench {

/// What is memoized: cheap, so that only keeping its results is measured.
inline std::uint64_t compute(int x) { return static_cast<std::uint64_t>(x) * 7; }

/// Something that has the result of every call that is measured.
struct MemoSubject {
  std::string name;
  /// Calls once for each of `wanted` and returns the sum. By several threads at a time.
  std::function<std::uint64_t(std::span<const int> wanted)> call;
};

/// Those that keep results in memory: the first two are plain lookups, the third is larder with its
/// default policy.
[[nodiscard]] std::vector<MemoSubject> memory_subjects(int keys);

/// Those that keep results in a cache below `folder`.
[[nodiscard]] std::vector<MemoSubject> cache_subjects(int keys,
                                                      const std::filesystem::path& folder);

}  // namespace larder::bench
