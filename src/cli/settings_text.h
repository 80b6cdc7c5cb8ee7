// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/json.h"
#include "larder/cache/options.h"

namespace larder::cli {

/// @throws UsageError
[[nodiscard]] Eviction parse_eviction(std::string_view name);

/// Declares an option for each of the settings that people choose; what is not given stays unset in
/// `target`.
void declare_settings(Arguments& arguments, CacheSettings& target);

/// Adds the settings; a limit that limits nothing is null.
void add_settings(JsonObject& object, const CacheSettings& settings);

}  // namespace larder::cli
