// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "larder/cache/options.h"

namespace larder::detail {

/// Adds what was found in a part of a cache, a shard or a cache within, to what was found in all.
void add_part(VerifyReport& all, const std::string& part, const VerifyReport& one);
void add_part(RepairReport& all, const std::string& part, const RepairReport& one);

}  // namespace larder::detail
