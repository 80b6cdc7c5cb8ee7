// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/core/bytes.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// Whether scans visit `a` and `b` in no particular order, because they are long and begin alike.
/// A scan in parts must not stop between two such keys.
[[nodiscard]] bool are_unordered(BytesView a, BytesView b) noexcept;

/// What is left of `range` for a scan in `direction` that has visited `last`, and all keys that it
/// is unordered with.
void continue_after(KeyRange& range, Direction direction, BytesView last);

}  // namespace larder::detail
