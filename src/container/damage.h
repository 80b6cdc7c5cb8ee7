// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "larder/core/error.h"

namespace larder::detail {

/// What `read` returns, or nothing if it finds damage.
template <typename Read>
auto unless_damaged(Read read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    return std::nullopt;
  }
}

}  // namespace larder::detail
