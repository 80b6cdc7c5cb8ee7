// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace larder::bench {

/// A sequence of accesses to keys.
struct Trace {
  std::string name;
  std::vector<std::uint64_t> keys;
  std::uint64_t distinct = 0;  ///< Different keys in it.
};

/// Made here, the same in every run: `zipf`, `zipf_scan`, `loop_small`.
[[nodiscard]] std::vector<Trace> synthetic_traces();

/// The traces in `folder`, by name: `*.trace.gz` has one number in each line, `*.trace.xz` is of
/// big-endian numbers of 32 bits. Unpacked by `gzip` and `xz`.
[[nodiscard]] std::vector<Trace> read_traces(const std::filesystem::path& folder);

}  // namespace larder::bench
