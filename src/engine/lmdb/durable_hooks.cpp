// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/durable_hooks.h"

#include <utility>

#include "engine/update_hooks.h"

namespace larder::lmdb {

void DurableHooks::add(std::uint64_t sequence, std::vector<Hook> hooks) {
  if (hooks.empty()) return;
  const MutexLock lock(mutex_);
  for (Hook& hook : hooks) waiting_.push_back({.sequence = sequence, .hook = std::move(hook)});
  count_.store(waiting_.size(), std::memory_order_relaxed);
}

void DurableHooks::run_through(std::uint64_t sequence) noexcept {
  const MutexLock turn(running_);
  std::list<Waiting> due;
  {
    const MutexLock lock(mutex_);
    for (auto next = waiting_.begin(); next != waiting_.end();) {
      const auto waiting = next++;
      if (waiting->sequence <= sequence) due.splice(due.end(), waiting_, waiting);
    }
    count_.store(waiting_.size(), std::memory_order_relaxed);
  }
  for (const Waiting& waiting : due) UpdateHooks::run(waiting.hook);
}

}  // namespace larder::lmdb
