// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "larder/cache/options.h"
#include "larder/core/bytes.h"
#include "larder/engine/txn.h"

namespace larder::detail {

/// What an update removed or replaced.
struct Removed {
  Bytes key;
  RemovalCause cause;
};

/// Calls `hooks.on_remove` for each of `removed`, in order, once the outermost update has
/// committed. What the hook throws is reported to the log hook. Nothing here needs the cache to
/// live that long.
void announce_at_end(WriteTxn& txn, const CacheHooks& hooks, std::vector<Removed> removed);

}  // namespace larder::detail
