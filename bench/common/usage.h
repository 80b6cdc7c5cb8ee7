// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace larder::bench {

/// The time of a clock that all processes share and that never jumps.
[[nodiscard]] std::uint64_t now_ns();

/// Processor time of all threads of this process.
[[nodiscard]] double cpu_us();

/// Waits until the threads in the background have nothing to do, but not for ever.
void wait_until_idle();

}  // namespace larder::bench
