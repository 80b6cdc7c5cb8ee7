// SPDX-License-Identifier: Apache-2.0
#include "sync/shared_object.h"

#include <algorithm>
#include <chrono>

#include "engine/futex.h"
#include "larder/core/process.h"
#include "sync/ledger_words.h"
#include "sync/owner.h"

namespace larder::detail {

namespace {

constexpr auto waiting_state = static_cast<std::uint32_t>(PartyState::waiting);

// How long who waits sleeps before he looks whether those before him still live: short at first,
// because whoever had it may have died long ago.
constexpr std::chrono::milliseconds first_look{1};
constexpr std::chrono::milliseconds look_again{25};

constexpr std::chrono::seconds ledger_patience{60};

}  // namespace

bool is_there(const Area& area, PartyRef ref, PartyState state) noexcept {
  const Party& party = area.parties[ref.slot];
  // In this order: a slot gets its next ticket before its next state.
  return state_of(party) == state && party.ticket.load(std::memory_order_acquire) == ref.ticket;
}

bool is_waiting(const Area& area, PartyRef ref) noexcept {
  const Party& party = area.parties[ref.slot];
  return is_waiting(state_of(party)) && party.ticket.load(std::memory_order_acquire) == ref.ticket;
}

SteadyTime ledger_deadline() { return Clock::system().steady_now() + ledger_patience; }

Hold SharedObject::hold(PartyRef party, std::uint64_t token, std::uint32_t weight) const {
  return {.area = place_.id(),
          .object = name_.digest,
          .party = party,
          .token = token,
          .weight = weight,
          .forks = fork_generation()};
}

// Also where it would not have to wait: so the mistake shows with the first call.
void SharedObject::expect_no_transaction() const {
  if (!place_.engine().is_in_transaction()) return;
  throw error(ErrorKind::invalid_argument,
              "not to be waited for inside an update or a view of the engine, for the end of which "
              "others may wait: lock before it, and unlock after it");
}

std::optional<PartyRef> SharedObject::enter(Add add) {
  const auto attempt = [&] {
    Ledger ledger(area(), ledger_deadline());
    return add(ledger, ledger.find_or_make(name_, capacity_));
  };
  try {
    if (const std::optional<PartyRef> party = attempt()) return party;
  } catch (const Error& error) {
    // Those who asked for another capacity may be dead by now.
    if (error.kind() != ErrorKind::invalid_argument || !remove_dead(everybody())) throw;
    return attempt();
  }
  return remove_dead(everybody()) ? attempt() : std::nullopt;
}

bool SharedObject::wait(PartyRef party, SteadyTime deadline) {
  const Area& there = area();
  auto pause = first_look;
  while (is_waiting(there, party)) {
    if (is_there(there, party, PartyState::invited) &&
        Ledger(area(), ledger_deadline()).accept(party)) {
      return true;
    }
    const SteadyTime now = Clock::system().steady_now();
    if (now >= deadline) return give_up(party);
    sleep_on(&there.parties[party.slot].state, waiting_state,
             std::min<SteadyTime>(deadline, now + pause));
    if (Clock::system().steady_now() < now + pause) continue;
    while (remove_dead(before(party))) {
    }
    pause = std::min(pause * 2, look_again);
  }
  return true;
}

bool SharedObject::give_up(PartyRef party) {
  while (remove_dead(before(party))) {
  }
  Ledger ledger(area(), SteadyTime::max());
  if (ledger.accept(party)) return true;
  ledger.give_up(party);
  return false;
}

SharedObject::Suspect SharedObject::suspect(const Ledger& ledger, std::uint32_t slot) {
  const Party& party = ledger.party(slot);
  return {.party = {.slot = slot, .ticket = party.ticket}, .owner = party.owner};
}

void SharedObject::add_all(const Ledger& ledger, const Chain& chain, std::vector<Suspect>& found) {
  for (std::uint32_t slot = chain.first; slot != no_slot; slot = ledger.party(slot).next) {
    found.push_back(suspect(ledger, slot));
  }
}

// Those whose death would let `party` in: who holds it, for the first who waits; for each other
// the one before him.
std::vector<SharedObject::Suspect> SharedObject::before(PartyRef party) {
  std::vector<Suspect> found;
  const Ledger ledger(area(), ledger_deadline());
  if (!ledger.is(party, PartyState::waiting)) return found;
  const Party& waiter = ledger.party(party.slot);
  if (waiter.previous == no_slot) {
    add_all(ledger, ledger.object(waiter.object).holders, found);
  } else {
    found.push_back(suspect(ledger, waiter.previous));
  }
  return found;
}

std::vector<SharedObject::Suspect> SharedObject::everybody() {
  std::vector<Suspect> found;
  const Ledger ledger(area(), ledger_deadline());
  const std::uint32_t object = ledger.find(name_);
  if (object == no_slot) return found;
  add_all(ledger, ledger.object(object).holders, found);
  add_all(ledger, ledger.object(object).waiters, found);
  return found;
}

bool SharedObject::remove_dead(const std::vector<Suspect>& suspects) {
  std::vector<PartyRef> dead;
  for (const Suspect& suspect : suspects) {
    if (has_ended(suspect.owner, place_.engine())) dead.push_back(suspect.party);
  }
  if (dead.empty()) return false;
  Ledger ledger(area(), ledger_deadline());
  for (const PartyRef party : dead) ledger.bury(party);
  return true;
}

void SharedObject::leave(PartyRef party) {
  Ledger ledger(area(), SteadyTime::max());
  if (ledger.is_present(party)) ledger.remove(party);
}

std::size_t SharedObject::waiting() {
  while (remove_dead(everybody())) {
  }
  const Ledger ledger(area(), ledger_deadline());
  const std::uint32_t object = ledger.find(name_);
  return object == no_slot ? 0 : ledger.count(ledger.object(object).waiters);
}

}  // namespace larder::detail
