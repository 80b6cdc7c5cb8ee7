// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace larder::bench {

/// The middle and the ends of several measurements of one thing.
struct Spread {
  double median = 0.0;
  double min = 0.0;
  double max = 0.0;
};

/// All zero if there are no `values`.
[[nodiscard]] Spread spread_of(std::vector<double> values);

/// How long the calls of one loop took.
struct Latencies {
  double total = 0.0;
  double p50 = 0.0;
  double p99 = 0.0;
  double worst = 0.0;
};

/// In the unit of `samples`; all zero if there are none.
[[nodiscard]] Latencies latencies_of(std::vector<std::uint64_t> samples);

}  // namespace larder::bench
