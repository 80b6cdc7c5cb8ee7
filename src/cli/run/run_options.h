// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "larder/core/clock.h"
#include "larder/core/literals.h"

namespace larder::cli {

/// What `larder run` was asked to do.
struct RunOptions {
  std::vector<std::string> command = {};       ///< The command and its arguments.
  std::optional<Duration> ttl = std::nullopt;  ///< Older results are computed again.
  Duration stale = Duration::zero();           ///< ... but are still replayed for so long.
  std::vector<std::string> env = {};           ///< Variables that belong to the key.
  std::vector<std::string> inputs = {};        ///< Files, directories, patterns.
  std::vector<std::string> outputs = {};       ///< Files that the command writes.
  std::string depfile = {};                    ///< One of them, which names further inputs.
  std::string scope = {};                      ///< Keeps results apart from those of other scopes.
  std::filesystem::path store = {};            ///< Directory of the store.
  std::uint64_t max_result_bytes = literals::operator""_MiB(64);
  bool cwd = false;            ///< The working directory belongs to the key.
  bool read_stdin = false;     ///< What is on stdin belongs to the key.
  bool no_failures = false;    ///< Results with an exit code other than 0 are not kept.
  bool refresh = false;        ///< Compute even if there is a result.
  bool warm = false;           ///< Compute in the background, show nothing.
  bool in_background = false;  ///< This process is the one in the background.
};

}  // namespace larder::cli
