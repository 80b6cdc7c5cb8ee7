// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "larder/interpolation/options.h"

namespace larder {

/// Points with known values, and what these let expect elsewhere. Looking for neighbours takes
/// `O(log(size))`, adding a point as long on average.
///
/// Thread-safe. A copy is another handle on the same points.
class Samples {
 public:
  /// @throws Error `invalid_argument` for a bad option
  explicit Samples(const InterpolationOptions& options);

  /// Adds a point, or gives one that is known another value. Returns whether it is new.
  /// @throws Error `invalid_argument` if it has another number of dimensions, or a number is not
  /// finite
  bool add(std::span<const double> point, double value);

  /// The value that was added for exactly this point, or nothing.
  /// @throws Error `invalid_argument` as `add()` does
  [[nodiscard]] std::optional<double> at(std::span<const double> point) const;

  /// What the neighbours of `point` let expect there; the value itself with error 0, if it is
  /// known. Nothing if there are too few, their values cannot be used, or the error is larger than
  /// wanted.
  /// @throws Error `invalid_argument` as `add()` does; and what a strategy throws
  [[nodiscard]] std::optional<Estimate> estimate(std::span<const double> point) const;

  [[nodiscard]] std::size_t size() const;

  /// Forgets all points.
  void clear();

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace larder
