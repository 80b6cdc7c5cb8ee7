// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace larder::test {

/// Whether the long variant of every test was asked for (`LARDER_FULL=1`).
[[nodiscard]] bool is_full();

/// `quick` in every run, `full` when the long variant was asked for.
[[nodiscard]] std::uint64_t rounds(std::uint64_t quick, std::uint64_t full);

/// The seed of this run: the one in `LARDER_SEED`, or a fresh one. Printed once for each process,
/// so that a failure can be replayed.
[[nodiscard]] std::uint64_t seed();

}  // namespace larder::test
