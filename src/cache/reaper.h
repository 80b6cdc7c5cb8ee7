// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "larder/cache/detail/cache_core.h"
#include "larder/core/clock.h"

namespace larder::detail {

/// A thread that removes expired entries now and then, in small batches, while this object lives.
/// Of all processes that share a cache one does so at a time; when it ends, another one goes on.
///
/// In the child of a fork there is no thread, and destroying the object does nothing.
class Reaper {
 public:
  /// `state` must outlive this.
  Reaper(const CacheCore::State& state, Duration interval);
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  /// Stops the thread and waits for the batch that it is at.
  ~Reaper();

 private:
  class Running;
  std::unique_ptr<Running> running_;
  std::uint64_t generation_;
};

}  // namespace larder::detail
