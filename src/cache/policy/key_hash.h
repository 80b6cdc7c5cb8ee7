// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <xxhash.h>

#include <cstdint>

#include "larder/core/bytes.h"

namespace larder::detail {

/// The hash by which policies remember keys, also after their entries went.
[[nodiscard]] inline std::uint64_t key_hash(BytesView key) noexcept {
  return XXH3_64bits(key.data(), key.size());
}

}  // namespace larder::detail
