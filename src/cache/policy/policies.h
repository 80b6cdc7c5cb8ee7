// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cache/policy/shared.h"
#include "larder/cache/eviction_policy.h"
#include "larder/cache/options.h"

namespace larder::detail {

/// A new policy, not attached yet; nothing for `none` and `custom`.
[[nodiscard]] std::unique_ptr<EvictionPolicy> make_policy(Eviction eviction, TableSize size);

/// How large the tables of a policy should be for a cache with these limits: 16 places for each
/// entry, or one for each 256 bytes, but at most 2^20. Entries that share a place share their
/// notes.
[[nodiscard]] TableSize table_size(std::uint64_t max_entries, std::uint64_t max_bytes);

}  // namespace larder::detail
