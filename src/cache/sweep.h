// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>

#include "cache/state.h"

namespace larder::detail {

/// Removes from `names` those that a record names.
void drop_named(const Layout& layout, ReadTxn& txn, std::set<std::uint64_t>& names);

/// Removes the value files that a crash left over, if there was one. Cheap if there was none.
/// Returns how many files went.
/// @throws Error `unavailable`
std::uint64_t sweep_after_crash(const CacheCore::State& state);

}  // namespace larder::detail
