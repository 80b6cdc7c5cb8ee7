// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/engine/engine.h"
#include "sync/area.h"
#include "sync/place.h"

namespace larder::detail {

/// The calling thread, as one that has the engine of `place` open. Reads `/proc` once in each
/// thread of each process.
[[nodiscard]] Owner current_owner(Place& place);

/// Whether the owner numbers processes otherwise than this process does: it is in another
/// container.
[[nodiscard]] bool is_elsewhere(const Owner& owner);

/// Whether the thread has certainly ended; if it is elsewhere, whether its process has, or has
/// closed the engine.
[[nodiscard]] bool has_ended(const Owner& owner, Engine& engine);

}  // namespace larder::detail
