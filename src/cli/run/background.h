// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace larder::cli {

/// The option that tells a process that it is the one in the background.
inline constexpr const char* background_option = "--in-background";

/// Starts this very command again in a process that outlives this one, has no terminal, says
/// nothing, and computes the result anew. `stdin_fd` is what it reads; of a terminal or pipe that
/// is nothing.
/// @throws Error
void start_in_background(int stdin_fd);

}  // namespace larder::cli
