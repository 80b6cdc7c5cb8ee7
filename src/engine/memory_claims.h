// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "core/wait_circle.h"
#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/core/mutex.h"
#include "larder/engine/claim.h"

namespace larder {

/// Claims among the threads of one process.
///
/// Thread-safe.
class MemoryClaims {
 public:
  /// As `Engine::claim()`.
  [[nodiscard]] ClaimPtr take(BytesView name, SteadyTime deadline);

 private:
  class Held;
  struct Owner {
    std::thread::id thread;
    std::shared_ptr<WaitLabel> label;  ///< Of the claim. Whoever waits for it looks at it.
  };
  [[nodiscard]] bool try_take(const std::string& key, Held& claim) LARDER_REQUIRES(mutex_);
  /// Until the claim has been given back, which may have a new owner then.
  void wait_for(const std::string& key, SteadyTime deadline) LARDER_REQUIRES(mutex_);
  void give_back(const std::string& name);

  Mutex mutex_;
  CondVar given_back_;
  std::map<std::string, Owner> owners_ LARDER_GUARDED_BY(mutex_);
  std::uint64_t forks_ LARDER_GUARDED_BY(mutex_) = 0;
};

}  // namespace larder
