// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace larder {

/// Whether `text` is UTF-8 as Unicode defines it: shortest forms only, no surrogates, nothing
/// beyond U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace larder
