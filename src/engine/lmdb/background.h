// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/lmdb/durable_hooks.h"
#include "engine/lmdb/log.h"
#include "engine/lmdb/worker.h"

namespace larder::lmdb {

/// The threads that bring the log to LMDB and, for Durability::consistent, to the device: two,
/// since the one may take long and must not make the other late. They sleep for good while there is
/// nothing to do.
class Background {
 public:
  Background(const LmdbOptions& options, const EngineHooks& hooks, SharedPage& shared, Log& log,
             DurableHooks& durable_hooks);

  /// To be called after every update; cheap if the threads know already.
  void wrote();

 private:
  void run_applier(Worker& worker);
  void run_syncer(Worker& worker);
  void tick();
  /// Brings all there is to LMDB, unless somebody writes.
  void settle();
  /// Returns whether `body` came to its end; else `failure` has been told.
  bool attempt(const char* failure, FunctionRef<void()> body);

  const LmdbOptions& options_;
  const EngineHooks& hooks_;
  SharedPage& shared_;
  Log& log_;
  DurableHooks& durable_hooks_;

  std::atomic<bool> dirty_{false};   ///< Written to since the log was last brought to LMDB.
  std::atomic<bool> urgent_{false};  ///< So many sealed segments wait that no tick may be awaited.
  std::atomic<bool> unsynced_{false};  ///< Written to since the last sync began.
  std::uint64_t last_published_ = 0;   ///< What the last tick saw; only the applier uses it.

  Worker applier_;
  Worker syncer_;
};

}  // namespace larder::lmdb
