// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "hit_rate/replay.h"

namespace larder::bench {

/// All policies that evict by themselves.
[[nodiscard]] std::span<const Eviction> policies();

/// One trace at one size, with all policies in the order of `policies()`.
struct Row {
  std::string trace;
  std::uint64_t accesses = 0;
  std::uint64_t distinct = 0;
  double percent = 0;         ///< Size of the cache in percent of the distinct keys.
  std::uint64_t entries = 0;  ///< The same as a number.
  double optimum = 0;
  std::vector<Replay> replays = {};
};

/// Hit rates in percent as a Markdown table; the best of each row is bold. Below, for each policy,
/// the mean of the hit rate in parts of the optimum, and the mean time of an access.
[[nodiscard]] std::string to_table(const std::vector<Row>& rows);
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<Row>& rows);

}  // namespace larder::bench
