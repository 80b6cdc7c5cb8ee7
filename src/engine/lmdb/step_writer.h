// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/lmdb/environment.h"
#include "engine/lmdb/segment.h"
#include "larder/core/function_ref.h"

namespace larder::lmdb {

/// How much of the log one transaction of LMDB takes.
struct StepSize {
  std::size_t entries;
  std::uint64_t bytes;

  /// For a device that is too full for more: each step needs few new pages and gives back those of
  /// the step before the last.
  static constexpr StepSize small() noexcept {
    return {.entries = 64, .bytes = std::uint64_t{256} << 10U};
  }
};

/// Brings entries of the log to LMDB in transactions of a size. If there is more than one, then
/// until `finish` the log must hide what LMDB holds meanwhile, and must survive a power cut: after
/// a crash all is done again from the start.
class StepWriter {
 public:
  /// `own` as in Environment::write. `sync_log` is called before the first transaction that is not
  /// the last.
  StepWriter(Environment& environment, StepSize size, ReaderSlots::Slot* own,
             std::function<void()> sync_log);

  /// Does what `entry` says, now or later; its bytes must stay until `finish`.
  /// @throws Error `full`
  void add(const LogEntry& entry);
  /// Does all that is left, in one transaction, and records that the log has been applied up to
  /// `last`.
  void finish(std::uint64_t last);

  using Take = FunctionRef<void(const LogEntry&)>;
  /// For a full device, in place of `add` and `finish`: does what the entries say that `for_each`
  /// gives to the function it gets, erasures first, so that their pages can be used again.
  /// `for_each` is called twice.
  void erase_then_put(std::uint64_t last, FunctionRef<void(Take)> for_each);

 private:
  void flush();
  /// Makes sure that pages freed so far can be used by what follows.
  void reuse_pages();
  void write_step(LmdbWrite& write) const;

  Environment& environment_;
  StepSize size_;
  ReaderSlots::Slot* own_;
  std::function<void()> sync_log_;
  bool synced_ = false;
  std::vector<LogEntry> step_;
  std::uint64_t step_bytes_ = 0;
};

}  // namespace larder::lmdb
