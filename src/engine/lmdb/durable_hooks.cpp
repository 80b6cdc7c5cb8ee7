// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/durable_hooks.h"

#include <algorithm>
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
  std::vector<Waiting> due;
  {
    const MutexLock lock(mutex_);
    const auto later = std::ranges::partition(
        waiting_, [&](const Waiting& waiting) { return waiting.sequence > sequence; });
    due.assign(std::make_move_iterator(later.begin()), std::make_move_iterator(later.end()));
    waiting_.erase(later.begin(), later.end());
    count_.store(waiting_.size(), std::memory_order_relaxed);
  }
  for (const Waiting& waiting : due) UpdateHooks::run(waiting.hook);
}

}  // namespace larder::lmdb
