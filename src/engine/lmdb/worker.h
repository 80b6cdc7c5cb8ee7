// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "larder/core/mutex.h"

namespace larder::lmdb {

/// A thread for what updates leave to be done, started when it is first woken. It gets no signals,
/// so that none interrupts it instead of the program.
class Worker {
 public:
  /// `body` runs on the thread and must return when one of the waits below says `stopped`.
  explicit Worker(std::function<void(Worker&)> body);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Stops the thread and waits for it.
  ~Worker();

  /// Ends the wait that goes on, or else the next one. Starts the thread. Any thread may call it.
  void wake();

  /// Why a wait has ended.
  enum class Why { woken, timed_out, stopped };
  /// For `body` only.
  Why wait();
  Why wait_for(std::chrono::milliseconds most);

 private:
  Why why() LARDER_REQUIRES(mutex_);

  std::function<void(Worker&)> body_;
  Mutex mutex_;
  CondVar changed_;
  bool woken_ LARDER_GUARDED_BY(mutex_) = false;
  bool stop_ LARDER_GUARDED_BY(mutex_) = false;
  std::thread thread_ LARDER_GUARDED_BY(mutex_);
};

}  // namespace larder::lmdb
