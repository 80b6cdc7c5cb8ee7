// SPDX-License-Identifier: Apache-2.0
#include "larder/sync/detail/held_object.h"

#include <optional>
#include <utility>

#include "larder/core/error.h"
#include "larder/core/process.h"
#include "sync/owner.h"
#include "sync/shared_object.h"
#include "sync/tokens.h"

namespace larder::detail {

class HeldObject::State : public SharedObject {
 public:
  using SharedObject::SharedObject;

  /// What is released next.
  [[nodiscard]] Hold* any_hold() noexcept {
    Hold* const own = own_hold();
    return own != nullptr ? own : holds::find_inherited(place().id(), name().digest);
  }
  [[nodiscard]] Error wrong(const char* what) const {
    return error(ErrorKind::invalid_argument, what);
  }

  /// Whether the thread that has it already has it once more now.
  [[nodiscard]] bool take_again(const Want& want);
  /// Nothing if it was not to be had. May have no token yet.
  [[nodiscard]] std::optional<PartyRef> take(std::uint32_t weight, SteadyTime deadline);
  /// The token; nothing if somebody took it away before there was one.
  [[nodiscard]] std::optional<std::uint64_t> token_of(PartyRef party);
};

bool HeldObject::State::take_again(const Want& want) {
  Hold* const hold = own_hold();
  if (hold == nullptr || want.again == Again::another) return false;
  if (!is_there(area(), hold->party, PartyState::holding)) {
    throw wrong("was taken away from this thread; unlock it before you lock it again");
  }
  if (want.again == Again::refused || hold->weight != want.weight) {
    throw wrong("this thread has it already, and would wait for itself");
  }
  ++hold->depth;
  return true;
}

std::optional<PartyRef> HeldObject::State::take(std::uint32_t weight, SteadyTime deadline) {
  const bool may_wait = deadline != SteadyTime::min();
  const Owner owner = current_owner(place());
  const WallTime now = place().engine().clock().now();
  const std::optional<PartyRef> party =
      enter([&](Ledger& ledger, std::uint32_t object) -> std::optional<PartyRef> {
        if (!ledger.is_free_for(object, weight)) {
          if (!may_wait) return std::nullopt;
          return ledger.add(object, owner, weight, PartyState::waiting, now);
        }
        const PartyRef added = ledger.add(object, owner, weight, PartyState::holding, now);
        static_cast<void>(ledger.give_token(added));
        return added;
      });
  if (!party || !is_waiting(area(), *party)) return party;
  try {
    return wait(*party, deadline) ? party : std::nullopt;
  } catch (...) {
    leave(*party);
    throw;
  }
}

std::optional<std::uint64_t> HeldObject::State::token_of(PartyRef party) {
  for (;;) {
    const std::uint64_t token = area().parties[party.slot].token.load(std::memory_order_acquire);
    if (!is_there(area(), party, PartyState::holding)) return std::nullopt;
    if (token != 0) return token;
    {
      Ledger ledger(area(), ledger_deadline());
      if (!ledger.is(party, PartyState::holding)) return std::nullopt;
      if (ledger.give_token(party)) continue;
    }
    draw_tokens(place());
  }
}

HeldObject::HeldObject(EnginePtr engine, LockKind kind, const Key& name, std::uint32_t capacity)
    : state_(std::make_shared<State>(std::move(engine), ObjectName::of(kind, name), capacity)) {
  if (capacity == 0) throw state_->wrong("a semaphore has one permit or more");
}

bool HeldObject::take_until(const Want& want, SteadyTime deadline) const {
  State& state = *state_;
  if (state.take_again(want)) return true;
  state.expect_no_transaction();
  holds::prepare();  // nothing fails once it is held
  for (;;) {
    const std::optional<PartyRef> party = state.take(want.weight, deadline);
    if (!party) return false;
    try {
      if (const auto token = state.token_of(*party)) {
        holds::add(state.hold(*party, *token, want.weight));
        return true;
      }
    } catch (...) {
      state.leave(*party);
      throw;
    }
  }
}

void HeldObject::release(std::uint32_t weight) const {
  Hold* const hold = state_->any_hold();
  if (hold == nullptr || hold->weight != weight) {
    throw state_->wrong("this thread does not hold it");
  }
  if (hold->depth > 1) {
    --hold->depth;
    return;
  }
  // What a parent of this process holds stays with the parent.
  if (hold->forks == fork_generation()) state_->leave(hold->party);
  holds::remove(hold);
}

bool HeldObject::is_held() const {
  const Hold* const hold = state_->own_hold();
  return hold != nullptr && is_there(state_->area(), hold->party, PartyState::holding);
}

std::uint64_t HeldObject::token() const {
  const Hold* const hold = state_->own_hold();
  if (hold == nullptr) throw state_->wrong("this thread does not hold it");
  return hold->token;
}

void HeldObject::expect_no_transaction() const { state_->expect_no_transaction(); }

std::size_t HeldObject::waiting() const { return state_->waiting(); }

}  // namespace larder::detail
