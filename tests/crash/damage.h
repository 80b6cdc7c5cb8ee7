// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "support/subject.h"

namespace larder::test {

/// What the damage rig does to the files of a subject that nobody has open.
struct DamagePlan {
  OpenSubject open;
  EngineSettings settings = {};
  /// The writer was killed, and the machine restarted, before the damage: logs are still needed.
  bool is_unclean = false;
  std::uint64_t flips = 0;        ///< One bit of one file.
  std::uint64_t truncations = 0;  ///< One file cut to any length.
  std::uint64_t zeroed = 0;       ///< One page of one file.
  std::uint64_t swapped = 0;      ///< Two pages of the database change places.
  /// One page of the database is as it was earlier: what is read may be, too.
  std::uint64_t stale = 0;
  std::uint64_t seed = 0;
};

/// What readers met afterwards. Each case is counted once, under the worst that happened.
struct DamageReport {
  std::uint64_t cases = 0;
  std::uint64_t unharmed = 0;  ///< Everything was read.
  std::uint64_t missing = 0;   ///< Entries were missing, or as earlier; nothing was wrong.
  std::uint64_t reported = 0;  ///< An `Error` told of it.
  std::uint64_t wrong = 0;     ///< A value that was never stored.
  std::uint64_t crashed = 0;   ///< A signal, or an exception that is no `Error`.
  std::uint64_t hung = 0;
  std::string first_bad;  ///< Which damage was wrong, crashed or hung first.

  [[nodiscard]] std::string line(const std::string& name) const;
};

/// Damages a copy of the subject's files once for each case and reads everything in a child.
[[nodiscard]] DamageReport run_damage(const DamagePlan& plan);

}  // namespace larder::test
