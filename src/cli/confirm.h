// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace larder::cli {

/// Asks `question` on the terminal and returns whether the answer was yes.
/// @throws UsageError that begins with `what` if nobody can be asked
[[nodiscard]] bool confirm(std::string_view question, std::string_view what);

}  // namespace larder::cli
