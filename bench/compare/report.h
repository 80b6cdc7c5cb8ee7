// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compare/options.h"
#include "compare/schedule.h"

namespace larder::bench {

/// A table for people, as Google Benchmark prints one.
[[nodiscard]] std::string to_table(const std::vector<Measurement>& measurements);

/// The numbers for programs; bench/README.md tells what the fields mean.
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<Measurement>& measurements);

/// How many operations went wrong, in all.
[[nodiscard]] std::uint64_t errors_in(const std::vector<Measurement>& measurements);

}  // namespace larder::bench
