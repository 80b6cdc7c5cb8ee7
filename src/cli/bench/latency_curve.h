// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace larder::cli {

/// How long calls took: every one of them, in order of length. Percentiles are exact.
class LatencyCurve {
 public:
  LatencyCurve() = default;
  /// Takes nanoseconds, in any order.
  explicit LatencyCurve(std::vector<std::uint64_t> samples);

  [[nodiscard]] std::uint64_t count() const noexcept { return sorted_.size(); }
  /// 0 if there are none.
  [[nodiscard]] std::chrono::nanoseconds mean() const noexcept;
  [[nodiscard]] std::chrono::nanoseconds max() const noexcept;
  /// The time that part `q` of the calls did not exceed: one of the samples (nearest rank). Nothing
  /// if no call lies above that part, so that the number would say no more than `max()`.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> quantile(double q) const noexcept;

  /// A place on the curve.
  struct Point {
    double nines = 0;  ///< Of the percentile: 0 for 0 %, 1 for 90 %, 3 for 99.9 %.
    std::chrono::nanoseconds latency = {};
  };
  /// The curve up to the longest call, `steps` points for each nine, without repetitions.
  [[nodiscard]] std::vector<Point> points(unsigned steps) const;

 private:
  std::vector<std::uint64_t> sorted_;
};

}  // namespace larder::cli
