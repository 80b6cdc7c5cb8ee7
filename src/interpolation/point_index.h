// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "larder/interpolation/options.h"

namespace larder::detail {

/// The distance of two points, in tolerances: never 0 unless they are the same.
[[nodiscard]] double distance_of(std::span<const double> a, std::span<const double> b,
                                 std::span<const double> tolerance) noexcept;

/// Points with their values, found by place.
///
/// Thread-compatible.
class PointIndex {
 public:
  explicit PointIndex(std::vector<double> tolerance);
  PointIndex(const PointIndex&) = delete;
  PointIndex& operator=(const PointIndex&) = delete;
  ~PointIndex();

  /// Returns whether it is new.
  bool add(const std::vector<double>& point, double value);
  [[nodiscard]] std::optional<double> at(const std::vector<double>& point) const;

  /// Up to `most` others that are no farther than 1, the closest first. They are valid until a
  /// point is added.
  [[nodiscard]] std::vector<Neighbour> near(const std::vector<double>& point,
                                            std::size_t most) const;

  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

 private:
  struct Tree;
  using Known = std::map<std::vector<double>, double>;

  [[nodiscard]] std::vector<double> place_of(const std::vector<double>& point) const;

  std::vector<double> tolerance_;
  Known known_;
  std::vector<Known::const_iterator> order_;  ///< As the tree numbers them.
  std::unique_ptr<Tree> tree_;
};

}  // namespace larder::detail
