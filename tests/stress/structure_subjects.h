// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stress/recorder.h"

namespace larder::test {

/// Pushes and pops at both ends of a deque.
[[nodiscard]] HistorySubject deque();

/// Control: pops by looking first and popping then, without an update around both.
[[nodiscard]] HistorySubject careless_deque();

/// Puts, gets and takes entries of a few keys, and those that were put first.
[[nodiscard]] HistorySubject index();

/// Takes and lets go of a lock.
[[nodiscard]] HistorySubject lock();

/// Takes and lets go of the two permits of a semaphore, of which a worker may have both.
[[nodiscard]] HistorySubject semaphore();

}  // namespace larder::test
