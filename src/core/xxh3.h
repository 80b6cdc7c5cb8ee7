// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "larder/core/bytes.h"

namespace larder::detail {

/// XXH3 with 64 bits of `bytes`, with the widest vector instructions that the processor has: meant
/// for whole records, where that halves the time.
[[nodiscard]] std::uint64_t xxh3_64(BytesView bytes) noexcept;

}  // namespace larder::detail
