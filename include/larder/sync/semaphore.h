// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "larder/sync/detail/lockable.h"

namespace larder {

/// At most so many permits at a time, for all threads of all processes that use an engine. Locking
/// takes one, unlocking gives back the one that this thread took last; a thread may have several,
/// and gives back only what it took.
class Semaphore : public detail::Lockable {
 public:
  /// All who use the name at the same time must ask for the same number: locking fails with
  /// `invalid_argument` otherwise.
  /// @throws Error `invalid_argument` if there are no permits at all, `denied` if the engine is
  /// read-only
  Semaphore(EnginePtr engine, const Key& name, std::uint32_t permits)
      : Lockable({std::move(engine), LockKind::semaphore, name, permits},
                 {.again = detail::HeldObject::Again::another}) {}
};

}  // namespace larder
