// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "engine/lmdb/log.h"
#include "larder/core/mutex.h"

namespace larder::lmdb {

/// The thread that brings the log to LMDB and, for Durability::consistent, to the device. Started
/// with the first write; sleeps for good while there is nothing to do.
class Background {
 public:
  Background(const LmdbOptions& options, const EngineHooks& hooks, SharedPage& shared, Log& log);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  /// Stops the thread and waits for it.
  ~Background();

  /// To be called after every update; cheap if the thread knows already.
  void wrote();

 private:
  void run();
  void tick();
  /// Brings all there is to LMDB, unless somebody writes.
  void settle();
  void attempt(const char* what, FunctionRef<void()> body);

  const LmdbOptions& options_;
  const EngineHooks& hooks_;
  SharedPage& shared_;
  Log& log_;

  std::atomic<bool> dirty_{false};    ///< There were writes since the log was last brought to LMDB.
  std::atomic<bool> sealed_{false};   ///< A segment waits for being brought to LMDB.
  std::uint64_t last_published_ = 0;  ///< What the last tick saw; only the thread uses it.
  SteadyTime last_sync_ = {};         ///< Only the thread uses it.

  Mutex mutex_;
  CondVar wake_;
  bool stop_ LARDER_GUARDED_BY(mutex_) = false;
  std::thread thread_ LARDER_GUARDED_BY(mutex_);
};

}  // namespace larder::lmdb
