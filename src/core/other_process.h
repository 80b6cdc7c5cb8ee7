// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace larder {

/// Which numbering of processes (container) the numbers of this process belong to: nobody can tell
/// whether a process of another one still runs. 0 if the system does not say. Thread-safe.
[[nodiscard]] std::uint64_t process_space();

/// Whether some process has the number `pid`, also a zombie, and one that may not be looked at.
/// Costs a system call, where `is_running()` reads a file. Thread-safe.
[[nodiscard]] bool has_process(pid_t pid) noexcept;

}  // namespace larder
