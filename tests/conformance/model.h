// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/engine_under_test.h"

namespace larder::test {

/// Runs `histories` random histories of transactions on an engine and on a `std::map`, and fails
/// the running test with the shortest history it finds for which the two differ. Transactions are
/// committed, rolled back, nested, made through a second handle, and followed by reopening.
/// `LARDER_SEED` replays.
void check_against_model(const EngineUnderTest& engine, int histories);

}  // namespace larder::test
