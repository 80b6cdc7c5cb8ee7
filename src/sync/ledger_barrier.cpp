// SPDX-License-Identifier: Apache-2.0

// Barriers in the table: who works holds a part, who has arrived waits, and all go on together.

#include "sync/ledger.h"
#include "sync/ledger_words.h"

namespace larder::detail {

PartyRef Ledger::arrive(PartyRef ref) noexcept {
  Party& here = party(ref.slot);
  Object& met = object(here.object);
  const std::uint64_t ticket = ++area_.next_ticket;
  // The ticket first: before the state is another, it is still one of a party that works.
  here.ticket.store(ticket, std::memory_order_relaxed);
  set_state(here, PartyState::waiting);
  order_stores();
  take_out(met.holders, ref.slot);
  met.used -= here.weight;
  append(met.waiters, ref.slot);
  meet(met);
  return {.slot = ref.slot, .ticket = ticket};
}

std::size_t Ledger::break_up(std::uint32_t slot) noexcept {
  Object& met = object(slot);
  const std::size_t parties = met.used + count(met.waiters);
  met.broken_before = area_.next_ticket + 1;
  order_stores();
  settle(met);
  drop(slot);
  return parties;
}

void Ledger::meet(Object& met) noexcept {
  if (count(met.waiters) == met.capacity) {
    met.passed_before = area_.next_ticket + 1;
    order_stores();
  }
  settle(met);
}

void Ledger::settle(Object& met) noexcept {
  for (std::uint32_t slot = met.waiters.first; slot != no_slot;) {
    const std::uint32_t here = slot;
    slot = party(here).next;
    const std::uint64_t ticket = party(here).ticket.load(std::memory_order_relaxed);
    if (ticket >= met.passed_before && ticket >= met.broken_before) continue;
    wakes_.add(party(here));
    if (ticket < met.passed_before) {
      go_on(here);
    } else {
      vacate(here);
    }
  }
  for (std::uint32_t slot = met.holders.first; slot != no_slot; slot = party(slot).next) {
    Party& there = party(slot);
    if (state_of(there) != PartyState::holding) continue;
    if (there.ticket.load(std::memory_order_relaxed) >= met.broken_before) continue;
    set_state(there, PartyState::dismissed);
    order_stores();
    met.used -= there.weight;
  }
}

void Ledger::go_on(std::uint32_t slot) noexcept {
  Party& there = party(slot);
  Object& met = object(there.object);
  set_state(there, PartyState::holding);
  order_stores();
  take_out(met.waiters, slot);
  append(met.holders, slot);
  met.used += there.weight;
}

}  // namespace larder::detail
