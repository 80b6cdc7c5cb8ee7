// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/lmdb/log.h"
#include "engine/lmdb/snapshot.h"
#include "engine/update_hooks.h"
#include "larder/engine/engine.h"

namespace larder::lmdb {

/// The `WriteTxn` of the LMDB engine. Appends to the log; if it outgrows that, goes on in a
/// transaction of LMDB itself. Lives while write_mutex is held; undone unless committed.
class LogWriteTxn final : public WriteTxn {
 public:
  LogWriteTxn(Log& log, Environment& environment, SharedMapping& shared, ReaderSlots::Slot& slot,
              SteadyTime deadline, const UpdateOptions& options, UpdateHooks& hooks);
  LogWriteTxn(const LogWriteTxn&) = delete;
  LogWriteTxn& operator=(const LogWriteTxn&) = delete;
  virtual ~LogWriteTxn();

  /// Makes the changes visible. Returns the transaction's sequence number, 0 if it changed nothing.
  std::uint64_t commit();
  /// From now on it cannot be committed: a nested update has failed.
  void poison() noexcept { poisoned_ = true; }

 private:
  std::optional<BytesView> do_get(BytesView key) override;
  void do_scan(const KeyRange& range, Direction direction,
               FunctionRef<Visit(BytesView, BytesView)> visit) override;
  void do_put(BytesView key, BytesView value) override;
  bool do_erase(BytesView key) override;
  std::uint64_t do_erase_range(const KeyRange& range) override;
  void do_at_end(std::function<void(UpdateEnd)> hook) override { hooks_.add(std::move(hook)); }
  void do_when_durable(std::function<void()> hook) override { hooks_.add_durable(std::move(hook)); }
  void do_needs_file(std::string path) override { files_.push_back(std::move(path)); }

  /// Whether `key` has a value. Who erases has mostly just looked.
  [[nodiscard]] bool has(BytesView key);
  /// @throws Error `invalid_argument` in the child of a fork
  void expect_no_fork() const;
  void write(const LogEntry& entry);
  void raise_generation(std::uint64_t hash) const noexcept;
  void make_room(const LogEntry& entry);
  void go_direct();
  /// The same where there is no space for another segment: brings the log to LMDB first.
  void go_direct_without_log();
  void refresh_snapshot();

  Log& log_;
  Environment& environment_;
  SharedPage& shared_;
  GenerationTable& generations_;
  EmptyRanges empty_;
  ReaderSlots::Slot& slot_;
  SteadyTime deadline_;
  bool frees_space_;
  UpdateHooks& hooks_;
  std::vector<std::string> files_;  ///< What it needs beside the engine.
  bool poisoned_ = false;
  bool changed_ = false;
  std::uint64_t forks_;
  Random random_;
  Snapshot snapshot_;
  Bytes sought_key_;                      ///< The last short key that was looked up.
  std::optional<bool> sought_;            ///< Whether it was there; unset if that may have changed.
  std::optional<RobustLock> apply_lock_;  ///< Held while `direct_` is.
  std::optional<LmdbWrite> direct_;
};

}  // namespace larder::lmdb
