// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "larder/core/bytes.h"

namespace larder {

/// The largest size that `decompress` makes.
inline constexpr std::size_t max_raw_bytes = std::size_t{1} << 32;

/// `raw` as one Zstandard frame. Levels go from 1, fast, to 19, small; others are taken as the
/// nearest.
[[nodiscard]] Bytes compress(BytesView raw, int level);

/// What was compressed. The caller knows its size from elsewhere; nothing larger than that is ever
/// made, whatever the data claim.
/// @throws Error `corrupt` unless `compressed` is whole and gives exactly `raw_bytes`
[[nodiscard]] Bytes decompress(BytesView compressed, std::size_t raw_bytes);

}  // namespace larder
