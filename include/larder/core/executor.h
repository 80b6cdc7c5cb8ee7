// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace larder {

/// Runs a task later, in a thread of its choice: a `ThreadPool`, or the event loop of the program.
/// May be called from any thread.
using Executor = std::function<void(std::function<void()> task)>;

}  // namespace larder
