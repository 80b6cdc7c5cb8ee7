// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/report.h"
#include "compare/options.h"

namespace larder::bench {

/// Measures everything that `options` ask for, the stores taking turns at every operation, so that
/// what disturbs the machine disturbs all of them. `progress` is told what comes next.
[[nodiscard]] std::vector<Measurement> measure(
    const Options& options, const std::function<void(const std::string&)>& progress);

}  // namespace larder::bench
