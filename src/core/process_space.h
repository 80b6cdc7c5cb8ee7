// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace larder {

/// Which numbering of processes (container) the numbers of this process belong to: nobody can tell
/// whether a process of another one still runs. 0 if the system does not say. Thread-safe.
[[nodiscard]] std::uint64_t process_space();

}  // namespace larder
