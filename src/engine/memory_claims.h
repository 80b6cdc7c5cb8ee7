// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <thread>

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
  void give_back(const std::string& name);

  Mutex mutex_;
  CondVar given_back_;
  std::map<std::string, std::thread::id> owners_ LARDER_GUARDED_BY(mutex_);
  std::uint64_t forks_ LARDER_GUARDED_BY(mutex_) = 0;
};

}  // namespace larder
