// SPDX-License-Identifier: Apache-2.0
#include "larder/interpolation/samples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "interpolation/methods.h"
#include "interpolation/point_index.h"
#include "larder/core/error.h"

namespace larder {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::invalid_argument, "interpolation: " + what);
}

InterpolationOptions checked(InterpolationOptions options) {
  if (options.tolerance.empty()) refuse("say how far a neighbour may be: no tolerance is set");
  for (const double tolerance : options.tolerance) {
    if (tolerance > 0.0 && std::isfinite(tolerance)) continue;
    refuse("a tolerance is " + std::to_string(tolerance) + ", but must be a number above 0");
  }
  if (!(options.max_error >= 0.0)) refuse("max_error must be 0 or more");
  return options;
}

}  // namespace

class Samples::State {
 public:
  explicit State(const InterpolationOptions& options)
      : options_(checked(options)),
        reach_(detail::reach_of(options)),
        strategy_(detail::strategy_of(options)),
        points_(std::make_unique<detail::PointIndex>(options.tolerance)) {}

  /// A point that may be one of these.
  [[nodiscard]] std::vector<double> point_of(std::span<const double> numbers) const;

  [[nodiscard]] std::optional<Estimate> estimate(const std::vector<double>& point) const;

  mutable std::shared_mutex mutex;
  [[nodiscard]] detail::PointIndex& points() const { return *points_; }
  void clear() { points_ = std::make_unique<detail::PointIndex>(options_.tolerance); }

 private:
  [[nodiscard]] double error_of(std::span<const Neighbour> neighbours) const;
  [[nodiscard]] double value_without(std::span<const Neighbour> neighbours, std::size_t one) const;

  InterpolationOptions options_;
  detail::Reach reach_;
  InterpolationStrategy strategy_;
  std::unique_ptr<detail::PointIndex> points_;
};

std::vector<double> Samples::State::point_of(std::span<const double> numbers) const {
  if (numbers.size() != options_.tolerance.size()) {
    refuse("a point of " + std::to_string(numbers.size()) + " numbers, where points have " +
           std::to_string(options_.tolerance.size()));
  }
  for (const double number : numbers) {
    if (!std::isfinite(number)) refuse("a point with " + std::to_string(number) + " is nowhere");
  }
  return {numbers.begin(), numbers.end()};
}

std::optional<Estimate> Samples::State::estimate(const std::vector<double>& point) const {
  if (const std::optional<double> known = points_->at(point)) {
    return Estimate{.value = *known, .error = 0.0, .distance = 0.0, .neighbours = 1};
  }
  const std::vector<Neighbour> neighbours = points_->near(point, reach_.most);
  if (neighbours.size() < reach_.least) return std::nullopt;
  const Estimate made{.value = strategy_(point, neighbours),
                      .error = error_of(neighbours),
                      .distance = neighbours.front().distance,
                      .neighbours = neighbours.size()};
  if (!std::isfinite(made.value) || !(made.error <= options_.max_error)) return std::nullopt;
  return made;
}

double Samples::State::error_of(std::span<const Neighbour> neighbours) const {
  if (neighbours.size() < 2) return std::numeric_limits<double>::infinity();
  double squares = 0.0;
  for (std::size_t i = 0; i < neighbours.size(); ++i) {
    const double error = value_without(neighbours, i) - neighbours[i].value;
    squares += error * error;
  }
  return std::sqrt(squares / static_cast<double>(neighbours.size()));
}

double Samples::State::value_without(std::span<const Neighbour> neighbours, std::size_t one) const {
  const std::span<const double> here = neighbours[one].point;
  std::vector<Neighbour> others;
  others.reserve(neighbours.size() - 1);
  for (std::size_t i = 0; i < neighbours.size(); ++i) {
    if (i == one) continue;
    Neighbour other = neighbours[i];
    other.distance = detail::distance_of(other.point, here, options_.tolerance);
    others.push_back(other);
  }
  std::ranges::sort(others, {}, &Neighbour::distance);
  return strategy_(here, others);
}

Samples::Samples(const InterpolationOptions& options) : state_(std::make_shared<State>(options)) {}

bool Samples::add(std::span<const double> point, double value) {
  const std::vector<double> numbers = state_->point_of(point);
  if (!std::isfinite(value)) refuse("a value of " + std::to_string(value) + " has no neighbours");
  const std::unique_lock lock(state_->mutex);
  return state_->points().add(numbers, value);
}

std::optional<double> Samples::at(std::span<const double> point) const {
  const std::vector<double> numbers = state_->point_of(point);
  const std::shared_lock lock(state_->mutex);
  return state_->points().at(numbers);
}

std::optional<Estimate> Samples::estimate(std::span<const double> point) const {
  const std::vector<double> numbers = state_->point_of(point);
  const std::shared_lock lock(state_->mutex);
  return state_->estimate(numbers);
}

std::size_t Samples::size() const {
  const std::shared_lock lock(state_->mutex);
  return state_->points().size();
}

void Samples::clear() {
  const std::unique_lock lock(state_->mutex);
  state_->clear();
}

}  // namespace larder
