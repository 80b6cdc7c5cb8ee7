// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/core/process.h"

namespace larder {

/// Names the calling thread as `current_process()` names a process: `pid` is the number of the
/// thread. `is_running()` tells whether it still runs; the first thread of a process counts as
/// running for as long as its process does. Reads `/proc`. Throws an `Error` if that cannot be
/// read. Thread-safe.
[[nodiscard]] ProcessIdentity current_thread();

}  // namespace larder
