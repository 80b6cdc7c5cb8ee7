// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/core/function_ref.h"
#include "support/child.h"

namespace larder::test {

/// What a container returns where this machine does not let the test make one.
inline constexpr int cannot_contain = 77;

/// Whether this machine lets the test make containers; asks once.
[[nodiscard]] bool can_contain();

/// A process that runs `body` as the first one of a numbering of processes of its own, with a
/// `/proc` of its own, as in a container. To kill it kills that, at once or a moment later.
[[nodiscard]] Child start_container(FunctionRef<int()> body);

}  // namespace larder::test
