// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "support/subject.h"

namespace larder::test {

/// What the power rig does.
struct PowerPlan {
  OpenSubject open;
  EngineSettings settings = {};              ///< The rig chooses directory and boot.
  Durability promise = Durability::durable;  ///< What is checked.
  bool is_ignoring_syncs = false;  ///< Control: the device loses what it said it had written.
  bool is_prepared = false;        ///< Start from an opened and closed subject, not from nothing.
  std::uint64_t cuts = 0;
  std::uint64_t long_rounds = 0;  ///< Of these rounds, how many run for more than a second.
  std::uint64_t seed = 0;
};

/// What the power rig found.
struct PowerReport {
  std::uint64_t cuts = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t syncs = 0;
  std::uint64_t violations = 0;
  std::uint64_t lossy_cuts = 0;  ///< Cuts that lost acknowledged writes, allowed or not.
  std::string first_violation;

  [[nodiscard]] std::string line(const std::string& name) const;
};

/// Runs writers, cuts the power at random moments, after acknowledgements and inside syncs, builds
/// what the device may then hold, opens it as after a reboot and compares. The next round goes on
/// from such an image, so recovery is cut too. Stops at the first broken promise.
[[nodiscard]] PowerReport run_power_cuts(const PowerPlan& plan);

}  // namespace larder::test
