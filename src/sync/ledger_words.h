// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "larder/sync/lock_kind.h"
#include "sync/area.h"

namespace larder::detail {

inline PartyState state_of(const Party& party) noexcept {
  return static_cast<PartyState>(party.state.load(std::memory_order_acquire));
}

inline void set_state(Party& party, PartyState state) noexcept {
  party.state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
}

/// Other processes see stores in this order, and so does who comes after a death: the compiler must
/// not change it.
inline void order_stores() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

inline bool is_waiting(PartyState state) noexcept {
  return state == PartyState::waiting || state == PartyState::invited;
}

inline bool is_barrier(const Object& object) noexcept {
  return object.kind == static_cast<std::uint32_t>(LockKind::barrier);
}

}  // namespace larder::detail
