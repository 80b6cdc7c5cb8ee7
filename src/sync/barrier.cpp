// SPDX-License-Identifier: Apache-2.0
#include "larder/sync/barrier.h"

#include <optional>
#include <string>
#include <utility>

#include "larder/core/error.h"
#include "sync/owner.h"
#include "sync/shared_object.h"

namespace larder {

using detail::Hold;
using detail::Ledger;
using detail::PartyRef;
using detail::PartyState;

class Barrier::State : public detail::SharedObject {
 public:
  State(EnginePtr engine, const Key& name, std::uint32_t parties)
      : SharedObject(std::move(engine), detail::ObjectName::of(LockKind::barrier, name), parties),
        parties_(parties) {
    if (parties == 0) throw error(ErrorKind::invalid_argument, "a barrier has one party or more");
  }

  /// What makes this thread a party.
  [[nodiscard]] Hold& membership();
  [[nodiscard]] bool wait_until(Hold& hold, SteadyTime deadline);
  /// Ends the membership, in whatever state it is.
  void forget(const Hold& hold) {
    leave(hold.party);
    detail::holds::remove(&hold);
  }

 private:
  /// Whether the barrier was whole.
  [[nodiscard]] bool arrive(Hold& hold);
  [[nodiscard]] Error tell(const Hold& hold);

  std::uint32_t parties_;
};

Error Barrier::State::tell(const Hold& hold) {
  forget(hold);
  return error(
      ErrorKind::unavailable,
      "the barrier broke: a party ended, or it was reset; arrive again to meet those who do");
}

Hold& Barrier::State::membership() {
  expect_no_transaction();
  if (Hold* const hold = own_hold()) {
    if (is_there(area(), hold->party, PartyState::holding)) return *hold;
    throw tell(*hold);
  }
  detail::holds::prepare();  // nothing fails once it is a party
  const detail::Owner owner = detail::current_owner(place());
  const WallTime now = place().engine().clock().now();
  const std::optional<PartyRef> party =
      enter([&](Ledger& ledger, std::uint32_t object) -> std::optional<PartyRef> {
        const detail::Object& met = ledger.object(object);
        if (met.used + ledger.count(met.waiters) >= parties_) return std::nullopt;
        return ledger.add(object, owner, 1, PartyState::holding, now);
      });
  if (!party) {
    throw error(ErrorKind::invalid_argument,
                std::to_string(parties_) + " other threads are its parties; who ends should leave");
  }
  detail::holds::add(hold(*party, 0, 1));
  return *own_hold();
}

bool Barrier::State::arrive(Hold& hold) {
  Ledger ledger(area(), detail::ledger_deadline());
  if (!ledger.is(hold.party, PartyState::holding)) return false;
  hold.party = ledger.arrive(hold.party);
  return true;
}

bool Barrier::State::wait_until(Hold& hold, SteadyTime deadline) {
  if (!arrive(hold)) throw tell(hold);
  try {
    if (!wait(hold.party, deadline)) return false;
  } catch (...) {
    forget(hold);
    throw;
  }
  // Who was let go on stays there, even if the barrier broke since.
  if (is_there(area(), hold.party, PartyState::holding) ||
      is_there(area(), hold.party, PartyState::dismissed)) {
    return true;
  }
  throw tell(hold);
}

Barrier::Barrier(EnginePtr engine, const Key& name, std::uint32_t parties)
    : state_(std::make_shared<State>(std::move(engine), name, parties)) {}

void Barrier::join() { static_cast<void>(state_->membership()); }

bool Barrier::wait_until(SteadyTime deadline) {
  return state_->wait_until(state_->membership(), deadline);
}

void Barrier::leave() {
  if (const Hold* const hold = state_->own_hold()) state_->forget(*hold);
}

std::size_t Barrier::reset() {
  std::size_t parties = 0;
  {
    Ledger ledger(state_->area(), detail::ledger_deadline());
    const std::uint32_t object = ledger.find(state_->name());
    if (object != detail::no_slot) parties = ledger.break_up(object);
  }
  leave();
  return parties;
}

std::size_t Barrier::waiting() const { return state_->waiting(); }

}  // namespace larder
