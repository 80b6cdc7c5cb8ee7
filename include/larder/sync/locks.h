// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "larder/core/clock.h"
#include "larder/engine/engine.h"
#include "larder/key/key.h"
#include "larder/sync/lock_kind.h"

namespace larder {

/// A thread that holds a lock or waits for it. Parties of a barrier wait once they have arrived,
/// and hold it before.
struct LockParty {
  std::string name = {};  ///< Of the lock, as `Key::to_string()` writes it; cut off after 87 bytes.
  LockKind kind = LockKind::lock;
  pid_t process = 0;
  pid_t thread = 0;
  bool is_elsewhere = false;  ///< In another container, which numbers processes otherwise.
  bool is_waiting = false;
  bool has_ended = false;   ///< It will be passed over by the next who wants the lock.
  std::uint64_t token = 0;  ///< 0 if it has none yet.
  WallTime since = {};      ///< When it asked.
};

/// Who holds and who waits for locks of `engine` now: for each lock first its holders, then who
/// waits, in order.
/// @throws Error `denied` if the engine is read-only, `unavailable`
[[nodiscard]] std::vector<LockParty> list_locks(EnginePtr engine);

/// Takes the lock, semaphore... of that kind away from all who hold it, as if they had ended: for
/// holders that hang, or that ended in another container while their processes went on. They are
/// not told, so their tokens must be refused; `is_held()` tells them if they ask. A barrier breaks.
/// Returns how many there were.
/// @throws Error `denied` if the engine is read-only, `unavailable`
std::size_t break_lock(EnginePtr engine, LockKind kind, const Key& name);

}  // namespace larder
