// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "larder/core/bytes.h"

namespace larder::cli {

/// Whether `data` begins like a zlib stream.
[[nodiscard]] bool looks_like_zlib(BytesView data);

/// What the one zlib stream that is `data` holds; nothing if it is damaged or holds more than
/// `limit` bytes.
[[nodiscard]] std::optional<Bytes> inflate_all(BytesView data, std::size_t limit);

}  // namespace larder::cli
