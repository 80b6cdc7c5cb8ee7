// SPDX-License-Identifier: Apache-2.0
#include "larder/sync/detail/held_object.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "engine/futex.h"
#include "larder/core/error.h"
#include "larder/core/process.h"
#include "sync/holds.h"
#include "sync/ledger.h"
#include "sync/owner.h"
#include "sync/place.h"
#include "sync/tokens.h"

namespace larder::detail {

namespace {

constexpr auto waiting_state = static_cast<std::uint32_t>(PartyState::waiting);

// How long who waits sleeps before he looks whether those before him still live: short at first,
// because whoever had it may have died long ago.
constexpr std::chrono::milliseconds first_look{1};
constexpr std::chrono::milliseconds look_again{25};

// The ledger is held for less than a microsecond, unless its holder was stopped.
constexpr std::chrono::seconds ledger_patience{60};

struct Suspect {
  PartyRef party;
  Owner owner;
};

bool is_there(const Area& area, PartyRef ref, PartyState state) noexcept {
  const Party& party = area.parties[ref.slot];
  // In this order: a slot gets its next ticket before its next state.
  return party.state.load(std::memory_order_acquire) == static_cast<std::uint32_t>(state) &&
         party.ticket.load(std::memory_order_acquire) == ref.ticket;
}

SteadyTime ledger_deadline() { return Clock::system().steady_now() + ledger_patience; }

}  // namespace

class HeldObject::State {
 public:
  State(EnginePtr engine, ObjectName name, std::uint32_t capacity)
      : place_(std::move(engine)), name_(std::move(name)), capacity_(capacity) {}

  [[nodiscard]] Hold* own_hold() const noexcept {
    return holds::find_own(place_.id(), name_.digest);
  }
  /// What is released next.
  [[nodiscard]] Hold* any_hold() const noexcept {
    Hold* const own = own_hold();
    return own != nullptr ? own : holds::find_inherited(place_.id(), name_.digest);
  }
  [[nodiscard]] Place& place() noexcept { return place_; }
  [[nodiscard]] Error error(const char* what) const {
    return {ErrorKind::invalid_argument, "sync: " + name_.text + ": " + what};
  }

  /// Whether the thread that has it already has it once more now.
  [[nodiscard]] bool take_again(const Want& want);
  /// Nothing if it was not to be had. May have no token yet.
  [[nodiscard]] std::optional<PartyRef> enter(std::uint32_t weight, SteadyTime deadline);
  /// The token; nothing if somebody took it away before there was one.
  [[nodiscard]] std::optional<std::uint64_t> token_of(PartyRef party);
  void leave(PartyRef party);
  [[nodiscard]] std::size_t waiting();
  [[nodiscard]] Hold hold(PartyRef party, std::uint64_t token, std::uint32_t weight) const {
    return {.area = place_.id(),
            .object = name_.digest,
            .party = party,
            .token = token,
            .weight = weight,
            .forks = fork_generation()};
  }

 private:
  [[nodiscard]] std::optional<PartyRef> add(std::uint32_t weight, bool may_wait);
  [[nodiscard]] bool wait(PartyRef party, SteadyTime deadline);
  [[nodiscard]] bool give_up(PartyRef party);
  [[nodiscard]] std::vector<Suspect> before(PartyRef party);
  [[nodiscard]] std::vector<Suspect> everybody();
  [[nodiscard]] bool remove_dead(const std::vector<Suspect>& suspects);

  Place place_;
  ObjectName name_;
  std::uint32_t capacity_;
};

bool HeldObject::State::take_again(const Want& want) {
  Hold* const hold = own_hold();
  if (hold == nullptr || want.again == Again::another) return false;
  if (!is_there(place_.area(), hold->party, PartyState::holding)) {
    throw error("was taken away from this thread; unlock it before you lock it again");
  }
  if (want.again == Again::refused || hold->weight != want.weight) {
    throw error("this thread has it already, and would wait for itself");
  }
  ++hold->depth;
  return true;
}

std::optional<PartyRef> HeldObject::State::add(std::uint32_t weight, bool may_wait) {
  const Owner& owner = current_owner();
  const WallTime now = place_.engine().clock().now();
  Ledger ledger(place_.area(), ledger_deadline());
  const std::uint32_t object = ledger.find_or_make(name_, capacity_);
  if (!ledger.is_free_for(object, weight)) {
    if (!may_wait) return std::nullopt;
    return ledger.add(object, owner, weight, PartyState::waiting, now);
  }
  const PartyRef party = ledger.add(object, owner, weight, PartyState::holding, now);
  static_cast<void>(ledger.give_token(party));
  return party;
}

std::optional<PartyRef> HeldObject::State::enter(std::uint32_t weight, SteadyTime deadline) {
  const bool may_wait = deadline != SteadyTime::min();
  std::optional<PartyRef> party = add(weight, may_wait);
  if (!party && remove_dead(everybody())) party = add(weight, may_wait);
  if (!party) return std::nullopt;
  if (is_there(place_.area(), *party, PartyState::waiting)) {
    try {
      if (!wait(*party, deadline)) return std::nullopt;
    } catch (...) {
      leave(*party);
      throw;
    }
  }
  return party;
}

bool HeldObject::State::wait(PartyRef party, SteadyTime deadline) {
  Area& area = place_.area();
  auto pause = first_look;
  while (is_there(area, party, PartyState::waiting)) {
    const SteadyTime now = Clock::system().steady_now();
    if (now >= deadline) return give_up(party);
    sleep_on(&area.parties[party.slot].state, waiting_state,
             std::min<SteadyTime>(deadline, now + pause));
    if (Clock::system().steady_now() < now + pause) continue;
    while (remove_dead(before(party))) {
    }
    pause = std::min(pause * 2, look_again);
  }
  return true;
}

bool HeldObject::State::give_up(PartyRef party) {
  while (remove_dead(before(party))) {
  }
  Ledger ledger(place_.area(), SteadyTime::max());
  if (!ledger.is(party, PartyState::waiting)) return true;
  ledger.remove(party);
  return false;
}

// Those whose death would let `party` in: who holds it, for the first who waits; for each other
// the one before him.
std::vector<Suspect> HeldObject::State::before(PartyRef party) {
  std::vector<Suspect> found;
  const Ledger ledger(place_.area(), ledger_deadline());
  if (!ledger.is(party, PartyState::waiting)) return found;
  const Party& waiter = ledger.party(party.slot);
  const auto add = [&](std::uint32_t slot) {
    const Party& suspect = ledger.party(slot);
    found.push_back({.party = {.slot = slot, .ticket = suspect.ticket}, .owner = suspect.owner});
  };
  if (waiter.previous != no_slot) {
    add(waiter.previous);
    return found;
  }
  for (std::uint32_t slot = ledger.object(waiter.object).holders.first; slot != no_slot;
       slot = ledger.party(slot).next) {
    add(slot);
  }
  return found;
}

std::vector<Suspect> HeldObject::State::everybody() {
  std::vector<Suspect> found;
  const Ledger ledger(place_.area(), ledger_deadline());
  const std::uint32_t object = ledger.find(name_);
  if (object == no_slot) return found;
  for (const Chain& chain : {ledger.object(object).holders, ledger.object(object).waiters}) {
    for (std::uint32_t slot = chain.first; slot != no_slot; slot = ledger.party(slot).next) {
      const Party& suspect = ledger.party(slot);
      found.push_back({.party = {.slot = slot, .ticket = suspect.ticket}, .owner = suspect.owner});
    }
  }
  return found;
}

bool HeldObject::State::remove_dead(const std::vector<Suspect>& suspects) {
  std::vector<PartyRef> dead;
  for (const Suspect& suspect : suspects) {
    if (has_ended(suspect.owner)) dead.push_back(suspect.party);
  }
  if (dead.empty()) return false;
  Ledger ledger(place_.area(), ledger_deadline());
  for (const PartyRef party : dead) {
    if (ledger.is(party, PartyState::holding) || ledger.is(party, PartyState::waiting)) {
      ledger.remove(party);
    }
  }
  return true;
}

std::optional<std::uint64_t> HeldObject::State::token_of(PartyRef party) {
  Area& area = place_.area();
  for (;;) {
    const std::uint64_t token = area.parties[party.slot].token.load(std::memory_order_acquire);
    if (!is_there(area, party, PartyState::holding)) return std::nullopt;
    if (token != 0) return token;
    {
      Ledger ledger(area, ledger_deadline());
      if (!ledger.is(party, PartyState::holding)) return std::nullopt;
      if (ledger.give_token(party)) continue;
    }
    draw_tokens(place_);
  }
}

void HeldObject::State::leave(PartyRef party) {
  Ledger ledger(place_.area(), SteadyTime::max());
  if (ledger.is(party, PartyState::holding) || ledger.is(party, PartyState::waiting)) {
    ledger.remove(party);
  }
}

std::size_t HeldObject::State::waiting() {
  const Ledger ledger(place_.area(), ledger_deadline());
  const std::uint32_t object = ledger.find(name_);
  if (object == no_slot) return 0;
  std::size_t count = 0;
  for (std::uint32_t slot = ledger.object(object).waiters.first; slot != no_slot;
       slot = ledger.party(slot).next) {
    ++count;
  }
  return count;
}

HeldObject::HeldObject(EnginePtr engine, LockKind kind, const Key& name, std::uint32_t capacity)
    : state_(std::make_shared<State>(std::move(engine), ObjectName::of(kind, name), capacity)) {
  if (capacity == 0) throw state_->error("a semaphore has one permit or more");
}

bool HeldObject::take_until(const Want& want, SteadyTime deadline) const {
  State& state = *state_;
  if (state.take_again(want)) return true;
  holds::prepare();  // nothing fails once it is held
  for (;;) {
    const std::optional<PartyRef> party = state.enter(want.weight, deadline);
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
    throw state_->error("this thread does not hold it");
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
  return hold != nullptr && is_there(state_->place().area(), hold->party, PartyState::holding);
}

std::uint64_t HeldObject::token() const {
  const Hold* const hold = state_->own_hold();
  if (hold == nullptr) throw state_->error("this thread does not hold it");
  return hold->token;
}

std::size_t HeldObject::waiting() const { return state_->waiting(); }

}  // namespace larder::detail
