// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/latency_curve.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace larder::cli {
namespace {

// Ranks are counted from 1. The product may lie a little above a whole number that it should be.
std::size_t rank_of(double q, std::size_t count) {
  constexpr double rounding = 1e-7;
  const double rank = std::ceil(q * static_cast<double>(count) - rounding);
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::max(rank, 1.0)), 1, count);
}

}  // namespace

LatencyCurve::LatencyCurve(std::vector<std::uint64_t> samples) : sorted_(std::move(samples)) {
  std::ranges::sort(sorted_);
}

std::chrono::nanoseconds LatencyCurve::mean() const noexcept {
  if (sorted_.empty()) return {};
  const std::uint64_t total = std::accumulate(sorted_.begin(), sorted_.end(), std::uint64_t{0});
  return std::chrono::nanoseconds{total / sorted_.size()};
}

std::chrono::nanoseconds LatencyCurve::max() const noexcept {
  return std::chrono::nanoseconds{sorted_.empty() ? 0 : sorted_.back()};
}

std::optional<std::chrono::nanoseconds> LatencyCurve::quantile(double q) const noexcept {
  if (sorted_.empty()) return std::nullopt;
  const std::size_t rank = rank_of(q, sorted_.size());
  if (rank == sorted_.size()) return std::nullopt;
  return std::chrono::nanoseconds{sorted_[rank - 1]};
}

std::vector<LatencyCurve::Point> LatencyCurve::points(unsigned steps) const {
  std::vector<Point> points;
  if (sorted_.empty()) return points;
  const double last = std::log10(static_cast<double>(sorted_.size()));
  std::size_t drawn = 0;
  for (unsigned i = 0;; ++i) {
    const double nines = std::min(static_cast<double>(i) / steps, last);
    const std::size_t rank =
        nines < last ? rank_of(1.0 - std::pow(10.0, -nines), sorted_.size()) : sorted_.size();
    if (rank != drawn) {
      points.push_back({nines, std::chrono::nanoseconds{sorted_[rank - 1]}});
      drawn = rank;
    }
    if (nines >= last) return points;
  }
}

}  // namespace larder::cli
