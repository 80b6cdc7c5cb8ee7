// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "larder/core/io.h"

namespace larder::detail {

/// Whether there is anything at `path`. What cannot be looked at may be there all the same.
/// @throws Error if that cannot be told
[[nodiscard]] bool exists(Io& io, const std::filesystem::path& path);

}  // namespace larder::detail
