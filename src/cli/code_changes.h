// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/json.h"
#include "larder/code/explanation.h"

namespace larder::cli {

/// Prints names below a heading, each on a line; nothing if there are none.
void print_names(std::string_view heading, const std::vector<std::string>& names);

/// Prints what changed, for people.
void print_changes(const CodeChanges& changes);

/// Adds what changed.
void add_changes(JsonObject& object, const CodeChanges& changes);

}  // namespace larder::cli
