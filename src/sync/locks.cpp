// SPDX-License-Identifier: Apache-2.0
#include "larder/sync/locks.h"

#include <chrono>
#include <utility>

#include "sync/ledger.h"
#include "sync/ledger_words.h"
#include "sync/owner.h"
#include "sync/place.h"

namespace larder {

namespace {

using detail::Chain;
using detail::Ledger;
using detail::no_slot;

struct Found {
  LockParty party;
  detail::Owner owner;
};

SteadyTime soon() { return Clock::system().steady_now() + std::chrono::seconds{60}; }

void add_all(const Ledger& ledger, const Chain& chain, LockParty pattern,
             std::vector<Found>& found) {
  for (std::uint32_t slot = chain.first; slot != no_slot; slot = ledger.party(slot).next) {
    const detail::Party& party = ledger.party(slot);
    if (detail::state_of(party) == detail::PartyState::dismissed) continue;
    pattern.process = party.owner.pid;
    pattern.thread = party.owner.tid;
    pattern.token = party.token.load(std::memory_order_relaxed);
    pattern.since = WallTime(Duration(party.since));
    found.push_back({.party = pattern, .owner = party.owner});
  }
}

}  // namespace

std::vector<LockParty> list_locks(EnginePtr engine) {
  detail::Place place(std::move(engine));
  std::vector<Found> found;
  {
    const Ledger ledger(place.area(), soon());
    for (std::uint32_t slot = 1; slot < detail::object_slots; ++slot) {
      const detail::Object& object = ledger.object(slot);
      if (object.kind == 0) continue;
      LockParty pattern{.name = object.name, .kind = static_cast<LockKind>(object.kind)};
      add_all(ledger, object.holders, pattern, found);
      pattern.is_waiting = true;
      add_all(ledger, object.waiters, pattern, found);
    }
  }
  std::vector<LockParty> parties;
  parties.reserve(found.size());
  for (Found& one : found) {
    // Slow, and so not while others wait for the ledger.
    one.party.is_elsewhere = detail::is_elsewhere(one.owner);
    one.party.has_ended = detail::has_ended(one.owner, place.engine());
    parties.push_back(std::move(one.party));
  }
  return parties;
}

std::size_t break_lock(EnginePtr engine, LockKind kind, const Key& name) {
  detail::Place place(std::move(engine));
  std::vector<detail::PartyRef> holders;
  Ledger ledger(place.area(), soon());
  const std::uint32_t object = ledger.find(detail::ObjectName::of(kind, name));
  if (object == no_slot) return 0;
  if (kind == LockKind::barrier) return ledger.break_up(object);
  for (std::uint32_t slot = ledger.object(object).holders.first; slot != no_slot;
       slot = ledger.party(slot).next) {
    holders.push_back({.slot = slot, .ticket = ledger.party(slot).ticket});
  }
  for (const detail::PartyRef holder : holders) ledger.remove(holder);
  return holders.size();
}

}  // namespace larder
