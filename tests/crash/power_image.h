// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "larder/core/random.h"

namespace larder::test {

/// Makes in `image` what the device may hold after the power was cut, given the folder as programs
/// last saw it and its shadow (see durable_shadow.h): every page that changed since the last sync
/// of its file is old or new, independently; so are sizes, names and files.
void make_power_image(const std::filesystem::path& folder, const std::filesystem::path& shadow,
                      const std::filesystem::path& image, Random& random);

}  // namespace larder::test
