// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace larder::test {

/// Waits until `thread` of this process, a number as `gettid()` gives it, sleeps in the kernel: for
/// whatever, so that it is likely, not certain, that it waits for what it was to wait for.
void wait_until_asleep(pid_t thread);

}  // namespace larder::test
