// SPDX-License-Identifier: Apache-2.0
#include "common/spread.h"

#include <algorithm>
#include <numeric>

namespace larder::bench {

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2.0;
  return {.median = median, .min = values.front(), .max = values.back()};
}

Latencies latencies_of(std::vector<std::uint64_t> samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end());
  const auto at = [&](std::size_t percent) {
    return static_cast<double>(samples[(samples.size() - 1) * percent / 100]);
  };
  const std::uint64_t total = std::accumulate(samples.begin(), samples.end(), std::uint64_t{0});
  return {.total = static_cast<double>(total), .p50 = at(50), .p99 = at(99), .worst = at(100)};
}

}  // namespace larder::bench
