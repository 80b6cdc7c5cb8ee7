// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace larder {

/// Names one process for ever on one machine: process numbers are reused, but not with the same
/// start time within the same boot.
struct ProcessIdentity {
  pid_t pid = 0;  ///< Process number.
  /// Start time in clock ticks since boot, field 22 of proc(5) stat.
  std::uint64_t start_ticks = 0;
  std::string boot_id = {};  ///< Random name of this boot of the machine, as text.

  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// The identity of the calling process; right also after `fork`. Reads `/proc` once in each
/// process. Thread-safe. Throws an `Error` if `/proc` cannot be read.
[[nodiscard]] ProcessIdentity current_process();

/// Whether the process that `identity` names still runs on this machine. A zombie does not run. A
/// process that may not be looked at counts as running. Only processes of the same process
/// namespace (container) can be told apart. Thread-safe.
[[nodiscard]] bool is_running(const ProcessIdentity& identity);

/// The random name of this boot of the machine; empty where the system has none.
[[nodiscard]] std::string boot_id();

/// How many times this process was created by `fork` since its program began: objects that must
/// not survive a fork remember the number. Costs one load; no system call.
[[nodiscard]] std::uint64_t fork_generation() noexcept;

}  // namespace larder
