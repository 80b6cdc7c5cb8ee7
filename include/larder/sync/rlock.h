// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "larder/sync/detail/lockable.h"

namespace larder {

/// A `Lock` that its thread may lock again: it is free once it was unlocked as often. The token
/// stays the same meanwhile. Locking it again once somebody took it away is an `invalid_argument`.
class RLock : public detail::Lockable {
 public:
  /// @throws Error `denied` if the engine is read-only
  RLock(EnginePtr engine, const Key& name)
      : Lockable({std::move(engine), LockKind::recursive_lock, name, 1},
                 {.again = detail::HeldObject::Again::counted}) {}
};

}  // namespace larder
