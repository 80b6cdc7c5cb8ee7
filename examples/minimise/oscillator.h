// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

/// What is looked for: how stiff, how damped and how bent (stiffer when farther out) a spring is.
using Spring = std::array<double, 3>;

/// Where a mass on the spring is at 200 moments after it was let go: a slow simulation.
[[nodiscard]] std::vector<double> swing(const Spring& spring);

/// How badly a spring explains what was measured: the root of the mean square of the differences.
[[nodiscard]] double misfit(const Spring& spring, const std::vector<double>& measured);
