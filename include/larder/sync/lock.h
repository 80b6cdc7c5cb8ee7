// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "larder/sync/detail/lockable.h"

namespace larder {

/// A mutex with a name, for all threads of all processes that use an engine. Locking it twice in
/// one thread is an `invalid_argument`.
class Lock : public detail::Lockable {
 public:
  /// @throws Error `denied` if the engine is read-only
  Lock(EnginePtr engine, const Key& name)
      : Lockable({std::move(engine), LockKind::lock, name, 1}, {}) {}
};

}  // namespace larder
