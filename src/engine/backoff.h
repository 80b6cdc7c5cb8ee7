// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include "larder/core/clock.h"

namespace larder {

/// Waits longer and longer for something that another thread or process is about to finish: first
/// by giving up the processor, then in naps of up to a millisecond, until the time is over.
class Backoff {
 public:
  /// The timeout begins with the first wait: who never has to wait does not ask for the time.
  explicit Backoff(std::chrono::milliseconds timeout) : timeout_(timeout) {}
  explicit Backoff(SteadyTime deadline) : has_deadline_(true), deadline_(deadline) {}

  /// Waits a little. False if the time is over.
  [[nodiscard]] bool wait() {
    if (!has_deadline_) {
      deadline_ = Clock::system().steady_now() + timeout_;
      has_deadline_ = true;
    }
    if (++turns_ < 64) {
      std::this_thread::yield();
      return true;
    }
    if (Clock::system().steady_now() >= deadline_) return false;
    std::this_thread::sleep_for(nap_);
    nap_ = std::min(nap_ * 2, std::chrono::microseconds{1000});
    return true;
  }

 private:
  std::chrono::milliseconds timeout_{0};
  bool has_deadline_ = false;
  SteadyTime deadline_ = {};
  unsigned turns_ = 0;
  std::chrono::microseconds nap_{10};
};

}  // namespace larder
