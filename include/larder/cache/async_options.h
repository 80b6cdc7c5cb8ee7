// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "larder/core/executor.h"
#include "larder/core/thread_pool.h"

namespace larder {

/// How an `AsyncCache` works.
struct AsyncOptions {
  /// Where the work is done, which may wait for files and for other writers. Unset: in threads of
  /// the object's own.
  Executor work_on = {};

  /// How many threads that is, at least 4. At most a quarter of them writes at the same time and at
  /// most half of them runs loaders; whatever these wait for, one is left to read. Raise it when
  /// loaders are slow and many, and for `durable` writes, which share the wait for the device.
  std::size_t threads = 4;

  /// Where callbacks are called and coroutines go on: the event loop. Unset: where the work is.
  Executor resume_on = {};

  /// How long a write waits for other writers if the operation has no limit of its own.
  std::chrono::milliseconds timeout = std::chrono::seconds{60};
};

}  // namespace larder
