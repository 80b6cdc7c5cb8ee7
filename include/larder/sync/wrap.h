// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <utility>

#include "larder/sync/rate_limiter.h"

namespace larder {

/// A function that does what `function` does, no more often than `limiter` allows: each call waits
/// for its turn. Throws what both throw.
template <typename Function>
[[nodiscard]] auto throttled(Function function, RateLimiter limiter) {
  return [function = std::move(function), limiter = std::move(limiter)]<typename... Args>(
             Args&&... args) mutable -> decltype(auto) {
    limiter.acquire();
    return std::invoke(function, std::forward<Args>(args)...);
  };
}

/// A function that does what `function` does while it has `lock`, which is a `Lock`, an `RLock`, a
/// `Semaphore` or an `RWLock`: with a `Lock`, one call at a time in all processes. Throws what both
/// throw.
template <typename Function, typename Lockable>
[[nodiscard]] auto exclusive(Function function, Lockable lock) {
  return [function = std::move(function),
          lock = std::move(lock)]<typename... Args>(Args&&... args) mutable -> decltype(auto) {
    const std::lock_guard guard(lock);
    return std::invoke(function, std::forward<Args>(args)...);
  };
}

}  // namespace larder
