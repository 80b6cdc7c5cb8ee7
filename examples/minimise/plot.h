// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

/// How the values of one run were come by.
struct Run {
  std::uint64_t computed = 0;
  std::uint64_t known = 0;
  std::uint64_t estimated = 0;
};

/// Draws a column for each run into an SVG file.
void plot(const std::vector<Run>& runs, const std::filesystem::path& file);
