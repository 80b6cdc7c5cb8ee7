// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/record.h"
#include "larder/core/clock.h"

namespace larder::detail {

/// How an entry is to live.
struct Life {
  WallTime latest = never;                ///< It expires then at the latest.
  Duration idle_ttl = Duration::zero();   ///< And this long after its last use, unless zero.
  Duration stale_for = Duration::zero();  ///< After that a load may still find it for this long.
};

/// How `record` lives.
[[nodiscard]] Life life_of(const Record& record);

/// Starts that life now.
void start_life(Record& record, const Life& life, WallTime now);

}  // namespace larder::detail
