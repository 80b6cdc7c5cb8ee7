// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compare/options.h"
#include "compare/peer.h"

namespace larder::bench {

/// What was measured of one operation of one store: a sample for each repetition.
struct Measurement {
  std::string operation;
  std::string store;
  std::vector<Sample> samples;
};

/// Measures everything that `options` ask for, the stores taking turns at every operation, so that
/// what disturbs the machine disturbs all of them. `progress` is told what comes next.
[[nodiscard]] std::vector<Measurement> measure(
    const Options& options, const std::function<void(const std::string&)>& progress);

}  // namespace larder::bench
