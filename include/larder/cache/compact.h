// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/cache/options.h"
#include "larder/engine/compact.h"

namespace larder {

/// Removes what is expired or cleared from the cache at `options.path` and gives all space that it
/// does not need back to the file system. Nobody may have it open, this process included. If it
/// fails or is killed, every entry that lives is still there. `progress` begins anew with each
/// shard.
/// @throws Error `unavailable` if somebody has it open, and what `Cache::open` throws
CompactReport compact_cache(
    const CacheOptions& options, const CacheHooks& hooks = {},
    CompactProgress progress = [](std::uint64_t, std::uint64_t) {});

}  // namespace larder
