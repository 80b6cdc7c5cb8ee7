// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace larder::cli {

/// How much a finding matters.
enum class Weight {
  good,     ///< As it should be.
  notice,   ///< Worth knowing.
  problem,  ///< Something will not work, or does not already.
  damage,   ///< Stored data is damaged.
};

/// `"ok"` and so on.
[[nodiscard]] std::string_view weight_name(Weight weight);

/// One thing that was looked at.
struct Finding {
  Weight weight = Weight::good;
  std::string_view subject = {};  ///< What was looked at.
  std::string what = {};          ///< What was found.
  std::string advice = {};        ///< What to do; empty if nothing.
};

using Findings = std::vector<Finding>;

}  // namespace larder::cli
