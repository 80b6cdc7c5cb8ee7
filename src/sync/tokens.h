// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sync/place.h"

namespace larder::detail {

/// Draws fencing tokens from the counter in the engine, which would survive a power cut before one
/// of them is given to anybody, and puts them where all share them.
/// Not inside an update, which could still be undone, and the same tokens be drawn again.
/// @throws Error `corrupt`, and as updates and syncs do
void draw_tokens(Place& place);

}  // namespace larder::detail
