// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "larder/core/bytes.h"

namespace larder::cli {

// What `larder export` writes and `larder import` reads: docs/cli/export.md. Files outlive
// releases: a reader must go on understanding every version.

inline constexpr std::uint64_t line_format_version = 1;

/// Longer values follow their entry in lines of their own.
inline constexpr std::size_t longest_inline_value = std::size_t{512} << 10U;
/// So much in each; a multiple of three, so that each is base 64 by itself.
inline constexpr std::size_t part_bytes = std::size_t{384} << 10U;
/// No line is longer.
inline constexpr std::size_t longest_line = std::size_t{64} << 20U;

/// The bytes that base 64 text stands for.
/// @throws RefusedEntry if it is none
[[nodiscard]] Bytes from_base64(std::string_view text);

}  // namespace larder::cli
