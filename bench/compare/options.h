// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace larder::bench {

/// What to compare, and how long.
struct Options {
  std::uint32_t keys = 100'000;
  std::uint32_t calls = 0;  ///< Of each operation but `put_new`; 0 means one for each key.
  std::uint32_t value_bytes = 1024;
  std::uint32_t repetitions = 5;
  double seconds = 2.0;  ///< How long each mixed load runs.
  std::vector<std::string> peers = {"diskcache", "lmdb-writemap", "lmdb-nosync", "sqlite"};
  std::vector<std::string> filter = {};  ///< Operations whose names begin so; empty means all.
  std::vector<std::uint32_t> processes = {1, 2, 4, 8};
  std::filesystem::path folder = {};  ///< Below which the stores are made.
  std::filesystem::path json = {};    ///< Where the numbers go, if anywhere.
  std::string python = "/usr/bin/python3";
  std::string command = {};  ///< How the program was called.

  /// How many calls of `operation` one repetition makes.
  [[nodiscard]] std::uint32_t calls_of(const std::string& operation) const;

  /// Whether `operation` is to be measured.
  [[nodiscard]] bool wants(const std::string& operation) const;
};

/// Returns an exit code in `exit_code` if the program is to end at once.
[[nodiscard]] Options parse_options(int argc, char** argv, int& exit_code);

}  // namespace larder::bench
