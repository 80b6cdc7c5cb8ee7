// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/json.h"
#include "larder/cache/options.h"

namespace larder::cli {

/// @throws UsageError
[[nodiscard]] Eviction parse_eviction(std::string_view name);

/// Adds the settings; a limit that limits nothing is null.
void add_settings(JsonObject& object, const CacheSettings& settings);

}  // namespace larder::cli
