// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/lmdb/layout.h"
#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/engine/claim.h"

namespace larder::lmdb {

/// Hands out claims on names to the threads of all processes. A claim is a held slot of a table in
/// shared memory; that its mutex is robust makes the kernel pass it on when its owner dies. A slot
/// keeps its name until another name needs it, so that who waits for a name finds it.
///
/// Thread-safe.
class Claims {
 public:
  /// `page` and `table` must outlive this and every claim.
  Claims(SharedPage& page, ClaimTable& table) noexcept : page_(page), table_(table) {}

  /// Waits for the right to `name`.
  /// @throws Error `unavailable` if it is not to be had before `deadline`, `invalid_argument` if
  /// this thread has it already or its owner waits for this thread, `full` if there are too many
  /// claims
  [[nodiscard]] ClaimPtr take(BytesView name, SteadyTime deadline);

 private:
  /// The slot that has `name`, or a free one that this thread now holds and that has been given
  /// that name.
  struct Found {
    ClaimSlot* slot = nullptr;  ///< Null if all slots are held for other names.
    bool held = false;
  };
  [[nodiscard]] Found find(std::uint64_t name, SteadyTime deadline);
  [[nodiscard]] ClaimSlot* hold_free_slot(std::uint64_t name);

  SharedPage& page_;
  ClaimTable& table_;
};

}  // namespace larder::lmdb
