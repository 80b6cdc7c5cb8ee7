// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace larder {

/// What a lock is. Part of its identity: a `Lock` and a `Semaphore` may have the same name.
enum class LockKind : std::uint32_t {
  lock = 'l',
  recursive_lock = 'r',
  semaphore = 's',
  rw_lock = 'w',
  once = 'o',     ///< Held by who does it.
  barrier = 'b',  ///< Held by parties that have not arrived; who has arrived waits.
};

}  // namespace larder
