// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sync/area.h"

namespace larder::detail {

/// The calling thread. Reads `/proc` once in each thread of each process.
[[nodiscard]] const Owner& current_owner();

/// Whether the thread has certainly ended. Nobody can tell of threads in other process spaces.
[[nodiscard]] bool has_ended(const Owner& owner);

}  // namespace larder::detail
