// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/engine/engine.h"

namespace larder::test {

/// A control for the rigs: `inner`, but the files that updates need are not brought to the device,
/// and what should wait until an update is there does not wait.
[[nodiscard]] EnginePtr make_careless(EnginePtr inner);

}  // namespace larder::test
