// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/lmdb/tree.h"

namespace larder::lmdb {

/// How many leaf pages the entries of `tree` would take if each page were as full as it can be, by
/// those that they take: an estimate from a sample, 1 for an empty table.
/// @throws Error `corrupt`
[[nodiscard]] double packed_share(const Tree& tree);

}  // namespace larder::lmdb
