// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/claims.h"

#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <utility>

#include "core/wait_circle.h"
#include "engine/lmdb/shared_page.h"
#include "engine/robust_mutex.h"
#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder::lmdb {
namespace {

class HeldSlot final : public Claim {
 public:
  HeldSlot() = default;
  ~HeldSlot() override { let_go(); }

  void hold(ClaimSlot& slot) noexcept {
    slot_ = &slot;
    label_.emplace(slot.label);
  }
  void let_go() noexcept {
    label_.reset();
    ClaimSlot* const slot = std::exchange(slot_, nullptr);
    if (slot != nullptr && forks_ == fork_generation()) pthread_mutex_unlock(&slot->mutex);
  }

 private:
  ClaimSlot* slot_ = nullptr;
  std::optional<HeldLabel> label_ = std::nullopt;
  std::uint64_t forks_ = fork_generation();
};

/// As `lock_until()`; EDEADLK also if the owner of the slot waits for this thread.
int lock_unless_circle(ClaimSlot& slot, SteadyTime deadline) {
  Wait wait(slot.label);
  for (;;) {
    const SteadyTime look = Clock::system().steady_now() + Wait::nap;
    const int result = lock_until(slot.mutex, std::min<SteadyTime>(look, deadline));
    if (result != ETIMEDOUT && result != EBUSY) return result;
    if (wait.is_in_circle()) return EDEADLK;
    if (look >= deadline) return result;
  }
}

void wait_for(ClaimSlot& slot, SteadyTime deadline) {
  slot.waiting.fetch_add(1, std::memory_order_relaxed);
  const int result = lock_unless_circle(slot, deadline);
  slot.waiting.fetch_sub(1, std::memory_order_relaxed);
  if (is_held(slot.mutex, result)) return;
  if (result == EDEADLK) {
    throw Error(ErrorKind::invalid_argument,
                "this thread has that claim already, or whoever has it waits for this thread");
  }
  throw Error(ErrorKind::unavailable, "whoever has the claim did not finish in time");
}

}  // namespace

ClaimSlot* Claims::hold_free_slot(std::uint64_t name) {
  // A slot that somebody waits for is about to be used under its old name: taken only if there is
  // no other. Who died while waiting is counted for ever, but does no harm that way.
  for (const bool wanted : {false, true}) {
    for (std::size_t i = 0; i < claim_slots; ++i) {
      const std::size_t number = (name + i) % claim_slots;
      ClaimSlot& slot = table_.slots[number];
      if ((slot.waiting.load(std::memory_order_relaxed) != 0) != wanted) continue;
      if (!slot.is_ready) {
        make_robust(slot.mutex);
        slot.is_ready = true;
      }
      if (!is_held(slot.mutex, pthread_mutex_trylock(&slot.mutex))) continue;
      table_.names[number].store(name, std::memory_order_relaxed);
      return &slot;
    }
  }
  return nullptr;
}

Claims::Found Claims::find(std::uint64_t name, SteadyTime deadline) {
  const RobustLock lock(page_.claim_mutex, deadline);
  for (std::size_t i = 0; i < claim_slots; ++i) {
    if (table_.names[i].load(std::memory_order_relaxed) != name) continue;
    ClaimSlot& slot = table_.slots[i];
    return {.slot = &slot, .held = is_held(slot.mutex, pthread_mutex_trylock(&slot.mutex))};
  }
  ClaimSlot* slot = hold_free_slot(name);
  return {.slot = slot, .held = slot != nullptr};
}

ClaimPtr Claims::take(BytesView name, SteadyTime deadline) {
  // Zero stands for no name.
  const std::uint64_t hash = XXH3_64bits(name.data(), name.size()) | 1U;
  auto claim = std::make_unique<HeldSlot>();  // nothing fails once it is held
  for (;;) {
    const Found found = find(hash, deadline);
    if (found.held) {
      claim->hold(*found.slot);
      return claim;
    }
    if (found.slot != nullptr) {
      wait_for(*found.slot, deadline);
      claim->hold(*found.slot);
      const auto number = static_cast<std::size_t>(found.slot - std::begin(table_.slots));
      if (table_.names[number].load(std::memory_order_relaxed) == hash) return claim;
      claim->let_go();
    } else {
      // Those who have them may be waiting for this one.
      throw Error(ErrorKind::full, "too many claims at the same time");
    }
  }
}

}  // namespace larder::lmdb
