// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "support/subject.h"

namespace larder::test {

/// What the kill rig does.
struct KillPlan {
  std::string name;                ///< For the printed line.
  OpenSubject open;                ///< How writers and checkers open the subject.
  EngineSettings settings = {};    ///< What they open it with; the rig chooses the directory.
  std::uint64_t random_kills = 0;  ///< Kills at moments the rig picks.
  std::uint64_t point_kills = 0;   ///< Most kills at numbered file operations and points.
  std::uint64_t seed = 0;
};

/// What the kill rig found.
struct KillReport {
  std::uint64_t random_kills = 0;
  std::uint64_t point_kills = 0;
  std::uint64_t acknowledged = 0;  ///< Writes that had returned.
  std::uint64_t violations = 0;    ///< Lost, torn or wrong.
  std::uint64_t slowest_open_us = 0;
  std::string first_violation;

  /// One line for the log and for docs/reliability.md.
  [[nodiscard]] std::string line(const std::string& name) const;
};

/// Runs writers in 1 and in 4 processes, kills them with SIGKILL at random moments and inside every
/// numbered operation, sometimes also while they recover, and compares what is left with what was
/// acknowledged. Also checks that those not killed go on.
[[nodiscard]] KillReport run_kills(const KillPlan& plan);

}  // namespace larder::test
