// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "larder/interpolation/options.h"

namespace larder::detail {

/// What the options say, as one function.
/// @throws Error `invalid_argument` for a bad one
[[nodiscard]] InterpolationStrategy strategy_of(const InterpolationOptions& options);

/// How many neighbours are needed, and how many are used, with everything set.
struct Reach {
  std::size_t least;
  std::size_t most;
};
[[nodiscard]] Reach reach_of(const InterpolationOptions& options);

}  // namespace larder::detail
