// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/core/io.h"

namespace larder::cli {

/// A private temporary file that has no name, and is gone when it is closed.
/// @throws Error
[[nodiscard]] File make_nameless_file();

}  // namespace larder::cli
