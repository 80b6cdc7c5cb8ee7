// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/console.h"
#include "cli/transfer/intake.h"

namespace larder::cli {

/// Reads what `larder export` wrote, from the file `name` or, if that is "-", from standard input.
/// Lines that make no sense are refused one by one.
/// @throws Error `not_supported` if it is something else, or of a later release
void read_lines(const std::string& name, Intake& intake, const Console& console);

}  // namespace larder::cli
