// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace larder::bench {

/// What to measure, and how often.
struct Options {
  std::uint32_t repetitions = 5;
  double seconds = 2.0;  ///< How long processes contend for a lock.
  std::vector<std::string> groups = {"cache", "deque", "index", "sync"};
  std::filesystem::path folder = {};  ///< Below which everything is made.
  std::filesystem::path json = {};    ///< Where the numbers go, if anywhere.
  std::string python = "/usr/bin/python3";
  std::string command = {};  ///< How the program was called.
};

/// Returns an exit code in `exit_code` if the program is to end at once.
[[nodiscard]] Options parse_options(int argc, char** argv, int& exit_code);

}  // namespace larder::bench
