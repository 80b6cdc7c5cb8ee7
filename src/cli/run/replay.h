// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/run/result.h"

namespace larder::cli {

/// Writes what a command wrote to stdout and stderr, in the same order. Returns 0 or an error
/// number.
[[nodiscard]] int replay_output(const RunResult& result) noexcept;

}  // namespace larder::cli
