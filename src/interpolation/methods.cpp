// SPDX-License-Identifier: Apache-2.0
#include "interpolation/methods.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "larder/core/error.h"

namespace larder::detail {
namespace {

using Neighbours = std::span<const Neighbour>;
using Point = std::span<const double>;

// Below this part of the largest, a direction in which the neighbours lie counts as none: the first
// of these with which no small difference of values becomes a large one of the estimate.
constexpr std::array<double, 5> least_extents = {1e-8, 1e-3, 1e-2, 0.1, 0.3};
// How much larger the sum of all weights may be, without their signs, than with them.
constexpr double most_leverage = 100.0;

/// Weights whose sum is 1. By the closest one, so that none is too large.
Eigen::VectorXd weights_of(Neighbours neighbours, double power) {
  Eigen::VectorXd weights(static_cast<Eigen::Index>(neighbours.size()));
  for (Eigen::Index i = 0; i < weights.size(); ++i) {
    weights[i] = std::pow(
        neighbours.front().distance / neighbours[static_cast<std::size_t>(i)].distance, power);
  }
  return weights / weights.sum();
}

Eigen::VectorXd values_of(Neighbours neighbours) {
  Eigen::VectorXd values(static_cast<Eigen::Index>(neighbours.size()));
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    values[i] = neighbours[static_cast<std::size_t>(i)].value;
  }
  return values;
}

double nearest(Point /*point*/, Neighbours neighbours) { return neighbours.front().value; }

struct InverseDistance {
  double power;

  double operator()(Point /*point*/, Neighbours neighbours) const {
    return weights_of(neighbours, power).dot(values_of(neighbours));
  }
};

/// The plane through the weighted middle of the neighbours; flat in directions in which they do not
/// differ, or so little that the plane would have to be followed far beyond them.
struct Linear {
  double power;
  std::vector<double> tolerance;

  double operator()(Point point, Neighbours neighbours) const {
    const auto rows = static_cast<Eigen::Index>(neighbours.size());
    const auto dimensions = static_cast<Eigen::Index>(point.size());
    // Where they are as seen from `point`, in tolerances: small numbers, well scaled.
    Eigen::MatrixXd places(rows, dimensions);
    for (Eigen::Index row = 0; row < rows; ++row) {
      const Point there = neighbours[static_cast<std::size_t>(row)].point;
      for (std::size_t i = 0; i < point.size(); ++i) {
        places(row, static_cast<Eigen::Index>(i)) = (there[i] - point[i]) / tolerance[i];
      }
    }
    const Eigen::VectorXd weights = weights_of(neighbours, power);
    Eigen::VectorXd values = values_of(neighbours);
    const Eigen::RowVectorXd middle = weights.transpose() * places;
    const double mean = weights.dot(values);
    const Eigen::VectorXd roots = weights.cwiseSqrt();
    places.rowwise() -= middle;
    places.array().colwise() *= roots.array();
    values = (values.array() - mean) * roots.array();
    for (const double least_extent : least_extents) {
      Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver;
      solver.setThreshold(least_extent);
      solver.compute(places);
      const Eigen::RowVectorXd slopes = middle * solver.pseudoInverse();
      const double leverage = slopes.cwiseAbs().dot(roots.transpose());
      if (leverage <= most_leverage) return mean - slopes.dot(values.transpose());
    }
    return mean;  // far outside of where they lie
  }
};

}  // namespace

InterpolationStrategy strategy_of(const InterpolationOptions& options) {
  if (options.strategy) return options.strategy;
  if (!(options.power > 0.0) || !std::isfinite(options.power)) {
    throw Error(ErrorKind::invalid_argument, "interpolation: the power is " +
                                                 std::to_string(options.power) +
                                                 ", but must be a number above 0");
  }
  switch (options.method) {
    case InterpolationMethod::nearest:
      return nearest;
    case InterpolationMethod::inverse_distance:
      return InverseDistance{.power = options.power};
    case InterpolationMethod::linear:
      return Linear{.power = options.power, .tolerance = options.tolerance};
  }
  throw Error(ErrorKind::invalid_argument, "interpolation: there is no such method");
}

Reach reach_of(const InterpolationOptions& options) {
  const std::size_t dimensions = options.tolerance.size();
  std::size_t least = options.min_neighbours;
  if (least == 0) {
    const bool is_linear = !options.strategy && options.method == InterpolationMethod::linear;
    const bool is_nearest = !options.strategy && options.method == InterpolationMethod::nearest;
    least = is_linear ? dimensions + 1 : is_nearest ? 1 : 2;
  }
  const std::size_t most =
      options.max_neighbours == 0 ? std::max(least, 2 * (dimensions + 1)) : options.max_neighbours;
  if (most < least) {
    throw Error(ErrorKind::invalid_argument, "interpolation: at most " + std::to_string(most) +
                                                 " neighbours, but at least " +
                                                 std::to_string(least) + " are needed");
  }
  return {.least = least, .most = most};
}

}  // namespace larder::detail
