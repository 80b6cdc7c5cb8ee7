// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "stress/history.h"

namespace larder::test {

/// Whether the operations on one deque can be put in an order in which every result is right.
[[nodiscard]] bool is_right_deque(const History& history);

/// The same for one index, in which `pop_first` takes what was put first.
[[nodiscard]] bool is_right_index(const History& history);

/// The same for a lock or semaphore: no more than `capacity` have it, who does not get it found as
/// many there, and tokens grow if the capacity is 1. Up to eight processes.
[[nodiscard]] bool is_right_permits(const History& history, std::uint64_t capacity);

}  // namespace larder::test
