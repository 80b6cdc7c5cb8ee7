// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "larder/key/digest.h"
#include "sync/ledger.h"

namespace larder::detail {

/// Something that the calling thread holds, or that its parent held when it was forked.
struct Hold {
  std::uint64_t area = 0;  ///< Its id.
  Digest128 object = {};
  PartyRef party = {};
  std::uint64_t token = 0;
  std::uint32_t weight = 0;
  std::uint32_t depth = 1;  ///< How often it was locked.
  std::uint64_t forks = 0;  ///< In which process.
};

/// What the calling thread holds, known without a look at shared memory. The thread of a forked
/// child still knows what its parent held, so that guards can go there without an error.
namespace holds {

/// The newest hold on that object, or null. Valid until the next change.
[[nodiscard]] Hold* find_own(std::uint64_t area, const Digest128& object) noexcept;
/// The same for what the parent of this process held.
[[nodiscard]] Hold* find_inherited(std::uint64_t area, const Digest128& object) noexcept;
/// Makes room, so that `add()` cannot fail.
void prepare();
void add(const Hold& hold) noexcept;
void remove(const Hold* hold) noexcept;

}  // namespace holds
}  // namespace larder::detail
