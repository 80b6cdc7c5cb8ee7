// SPDX-License-Identifier: Apache-2.0
#include "interpolation/point_index.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nanoflann.hpp>
#include <string>
#include <utility>

#include "larder/core/error.h"

namespace larder::detail {
namespace {

/// Points one after the other, in tolerances: what the tree looks at.
struct Places {
  std::size_t dimensions;
  std::vector<double> numbers;

  [[nodiscard]] std::size_t kdtree_get_point_count() const { return numbers.size() / dimensions; }
  [[nodiscard]] double kdtree_get_pt(std::uint32_t point, std::size_t dimension) const {
    return numbers[point * dimensions + dimension];
  }
  template <typename Box>
  [[nodiscard]] bool kdtree_get_bbox(Box& /*box*/) const {
    return false;
  }
};

using Distance = nanoflann::L2_Adaptor<double, Places, double, std::uint32_t>;
using KdTree = nanoflann::KDTreeSingleIndexDynamicAdaptor<Distance, Places, -1, std::uint32_t>;

constexpr std::size_t most_points = std::size_t{1} << 31U;

}  // namespace

double distance_of(std::span<const double> a, std::span<const double> b,
                   std::span<const double> tolerance) noexcept {
  double squares = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = (a[i] - b[i]) / tolerance[i];
    squares += difference * difference;
  }
  return std::max(std::sqrt(squares), std::numeric_limits<double>::min());
}

/// One tree for each power of two: adding a point builds few of them anew, and small ones most
/// often.
struct PointIndex::Tree {
  explicit Tree(std::size_t dimensions)
      : places{.dimensions = dimensions, .numbers = {}},
        index(static_cast<int>(dimensions), places, {}, most_points) {}

  Places places;
  KdTree index;
};

PointIndex::PointIndex(std::vector<double> tolerance)
    : tolerance_(std::move(tolerance)), tree_(std::make_unique<Tree>(tolerance_.size())) {}

PointIndex::~PointIndex() = default;

std::vector<double> PointIndex::place_of(const std::vector<double>& point) const {
  std::vector<double> place(point.size());
  for (std::size_t i = 0; i < point.size(); ++i) {
    place[i] = point[i] / tolerance_[i];
    if (std::isfinite(place[i])) continue;
    throw Error(ErrorKind::invalid_argument, "interpolation: " + std::to_string(point[i]) +
                                                 " is too large for a tolerance of " +
                                                 std::to_string(tolerance_[i]));
  }
  return place;
}

bool PointIndex::add(const std::vector<double>& point, double value) {
  const std::vector<double> place = place_of(point);
  const auto [there, is_new] = known_.insert_or_assign(point, value);
  if (!is_new) return false;
  const auto number = static_cast<std::uint32_t>(order_.size());
  order_.emplace_back(there);
  tree_->places.numbers.insert(tree_->places.numbers.end(), place.begin(), place.end());
  tree_->index.addPoints(number, number);
  return true;
}

std::optional<double> PointIndex::at(const std::vector<double>& point) const {
  const auto found = known_.find(point);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Neighbour> PointIndex::near(const std::vector<double>& point, std::size_t most) const {
  const std::vector<double> place = place_of(point);
  const std::size_t wanted = std::min(most + 1, order_.size());  // one of them may be the same
  std::vector<std::uint32_t> numbers(wanted);
  std::vector<double> squares(wanted);
  nanoflann::KNNResultSet<double, std::uint32_t> result(wanted);
  result.init(numbers.data(), squares.data());
  if (wanted > 0) tree_->index.findNeighbors(result, place.data(), {});
  std::vector<Neighbour> found;
  found.reserve(wanted);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto& [there, value] = *order_[numbers[i]];
    if (there == point || squares[i] > 1.0 || found.size() == most) continue;
    found.push_back(Neighbour{
        .point = there, .value = value, .distance = distance_of(there, point, tolerance_)});
  }
  return found;
}

}  // namespace larder::detail
