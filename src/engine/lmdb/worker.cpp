// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/worker.h"

#include <utility>

#include "core/quiet_thread.h"
#include "larder/core/clock.h"

namespace larder::lmdb {

Worker::Worker(std::function<void(Worker&)> body) : body_(std::move(body)) {}

Worker::~Worker() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    stop_ = true;
    thread.swap(thread_);
  }
  changed_.notify_all();
  if (thread.joinable()) thread.join();
}

void Worker::wake() {
  {
    const MutexLock lock(mutex_);
    woken_ = true;
    if (!thread_.joinable() && !stop_) thread_ = start_quiet_thread([this] { body_(*this); });
  }
  changed_.notify_one();
}

Worker::Why Worker::why() {
  if (stop_) return Why::stopped;
  return std::exchange(woken_, false) ? Why::woken : Why::timed_out;
}

Worker::Why Worker::wait() {
  const MutexLock lock(mutex_);
  while (!woken_ && !stop_) changed_.wait(mutex_);
  return why();
}

Worker::Why Worker::wait_for(std::chrono::milliseconds most) {
  const SteadyTime until = Clock::system().steady_now() + most;
  const MutexLock lock(mutex_);
  while (!woken_ && !stop_) {
    if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) break;
  }
  return why();
}

}  // namespace larder::lmdb
