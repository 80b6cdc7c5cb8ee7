// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>

namespace crawler {

Progress::Progress() : is_terminal_(::isatty(STDOUT_FILENO) == 1) {}

Progress::~Progress() {
  if (is_terminal_) std::cout << "\n";
}

void Progress::show(std::uint64_t pages, std::uint64_t known) {
  constexpr std::uint64_t width = 40;
  constexpr std::uint64_t step = 500;
  if (is_terminal_) {
    const auto done = static_cast<std::size_t>(width * pages / std::max<std::uint64_t>(known, 1));
    std::cout << "\r[" << std::string(done, '#') << std::string(width - done, '.') << "] " << pages
              << " of " << known << " known pages " << std::flush;
  } else if (pages >= next_line_) {
    std::cout << pages << " of " << known << " known pages\n" << std::flush;
    next_line_ = pages / step * step + step;
  }
}

}  // namespace crawler
