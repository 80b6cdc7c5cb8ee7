// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/cache/options.h"
#include "larder/engine/repair.h"

namespace larder {

/// Puts right whatever is wrong with the cache at `options.path`, as `Cache::repair()` does, but
/// first looks at every page of its database and, where some are damaged, makes a new one of all
/// that can be read. That needs nobody else to have it open, this process included; otherwise only
/// entries are looked at. Every entry that can be read and is whole stays; damaged files are kept
/// beside the new ones and named in the report. A shard that is gone is made anew, empty.
///
/// With damaged pages `RepairMode::dry_run` may find less than there is to put right.
/// @throws Error `invalid_argument` if there is no cache, `corrupt` if nothing can be read or if
/// pages are damaged and somebody has it open, `full`, `denied`, `not_supported`
RepairReport repair_cache(
    const CacheOptions& options, RepairMode mode = RepairMode::fix, const CacheHooks& hooks = {},
    RepairProgress progress = [](std::uint64_t, std::uint64_t) {});

}  // namespace larder
