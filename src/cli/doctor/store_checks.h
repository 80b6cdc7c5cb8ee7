// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/console.h"
#include "cli/doctor/finding.h"
#include "larder/cache/cache.h"

namespace larder::cli {

/// Looks at the settings of a store, and at what its statistics tell.
void check_settings(const Cache& store, Findings& findings);

/// Checks every record; tells the first few problems.
void check_records(const Cache& store, const Console& console, Findings& findings);

}  // namespace larder::cli
