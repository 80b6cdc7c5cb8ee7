// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "support/subject.h"

namespace larder::test {

/// What the block rig does.
struct BlockPlan {
  OpenSubject open;
  EngineSettings settings = {};              ///< The rig chooses directory and boot.
  Durability promise = Durability::durable;  ///< What is checked.
  bool is_prepared = false;  ///< Cut only once an opened and closed subject is on the disk.
  std::uint64_t cuts = 0;
  bool is_always_pausing = false;   ///< Each run, not one in four, writes and then waits.
  std::uint64_t cuts_in_run = 100;  ///< Of each recorded run, at how many places it is cut.
  std::uint64_t seed = 0;
};

/// What the block rig found.
struct BlockReport {
  std::uint64_t runs = 0;
  std::uint64_t cuts = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t writes = 0;   ///< To the disk.
  std::uint64_t flushes = 0;  ///< Of the disk.
  std::uint64_t lossy_cuts = 0;
  std::uint64_t oldest_lost_ms = 0;  ///< How old the oldest lost write was when the power went off.
  std::uint64_t violations = 0;
  std::string first_violation;

  [[nodiscard]] std::string line(const std::string& name) const;
};

/// Runs writers on a real file system on a disk that notes every write and flush, together with
/// what had been acknowledged by then. Then cuts the power at random places of that record, mounts
/// what the disk may hold, opens it as after a reboot and compares. Stops at the first broken
/// promise. Only where `why_no_block_disk()` is empty.
[[nodiscard]] BlockReport run_block_cuts(const BlockPlan& plan);

}  // namespace larder::test
