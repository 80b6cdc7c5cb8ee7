// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/lmdb/environment.h"
#include "engine/lmdb/segment.h"

namespace larder::lmdb {

/// Brings entries of the log to LMDB in small transactions, when the device is too full for a large
/// one: each step needs few new pages and gives back those of the step before the last.
///
/// Erase first, then call `reuse_pages`, then put. Until `finish` the log must hide what LMDB holds
/// meanwhile, and must survive a power cut: after a crash all is done again from the start.
class StepWriter {
 public:
  /// `own` as in Environment::write.
  StepWriter(Environment& environment, ReaderSlots::Slot* own);

  /// Does what `entry` says, now or later; its bytes must stay until `finish`.
  /// @throws Error `full`
  void add(const LogEntry& entry);
  /// Makes sure that pages freed so far can be used by what follows.
  void reuse_pages();
  /// Does all that is left and records that the log has been applied up to `last`.
  void finish(std::uint64_t last);

 private:
  void flush();

  Environment& environment_;
  ReaderSlots::Slot* own_;
  std::uint64_t applied_;
  std::vector<LogEntry> step_;
  std::uint64_t step_bytes_ = 0;
};

}  // namespace larder::lmdb
