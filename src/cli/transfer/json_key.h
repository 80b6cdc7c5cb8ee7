// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "larder/key/key.h"

namespace larder::cli {

/// The key that a JSON document stands for: text, numbers, true, false and null as they are, arrays
/// as tuples.
/// @throws Error `invalid_argument` if there is an object in it
[[nodiscard]] Key key_of_json(const nlohmann::json& value);

}  // namespace larder::cli
