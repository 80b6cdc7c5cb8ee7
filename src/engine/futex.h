// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <climits>
#include <cstdint>
#include <ctime>

#include "larder/core/clock.h"

namespace larder {

/// `time` as the kernel wants it.
[[nodiscard]] timespec to_timespec(SteadyTime time) noexcept;

/// Sleeps while the 32 bits at `word` are `seen`, until somebody wakes those who sleep there, or
/// until `deadline`; wakes now and then without a reason. The memory may be shared by processes.
void sleep_on(const void* word, std::uint32_t seen, SteadyTime deadline) noexcept;

/// Wakes up to `most` of those who sleep on `word`.
void wake_sleepers(const void* word, int most = INT_MAX) noexcept;

}  // namespace larder
