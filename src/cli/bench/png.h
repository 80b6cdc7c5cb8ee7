// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace larder::cli {

/// Checks that drawings in SVG can be made PNG on this machine, which is the work of
/// `rsvg-convert`.
/// @throws Error `not_supported` if that program is missing, with what to install
void check_png();

/// The drawing `svg` as a PNG, twice as large, so that its text is sharp on every screen.
/// @throws Error if that fails
[[nodiscard]] std::string to_png(std::string_view svg);

}  // namespace larder::cli
