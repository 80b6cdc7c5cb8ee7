// SPDX-License-Identifier: Apache-2.0
#include "sync/ledger.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "engine/futex.h"
#include "larder/core/error.h"
#include "sync/ledger_words.h"

namespace larder::detail {

namespace {

// How many may be faster than the first who waits. A hand-over costs a switch of threads, in which
// the object would lie idle; with one, twice as many get it in the same time.
constexpr std::uint32_t most_overtakings = 1;

}  // namespace

ObjectName ObjectName::of(LockKind kind, const Key& name) {
  Bytes identity{static_cast<std::byte>(kind)};
  append(identity, name.bytes());
  return {.kind = kind, .digest = larder::digest(identity), .text = name.to_string()};
}

Wakes::~Wakes() {
  for (std::size_t i = 0; i < count_; ++i) wake_sleepers(words_[i]);
}

void Wakes::add(const Party& party) noexcept {
  if (count_ == words_.size()) {
    wake_sleepers(&party.state);
  } else {
    words_[count_++] = &party.state;
  }
}

Ledger::Ledger(Area& area, SteadyTime deadline) : area_(area), lock_(area.mutex, deadline) {
  if (area_.is_changing != 0) rebuild();
  area_.is_changing = 1;
  order_stores();
}

Ledger::~Ledger() {
  order_stores();
  area_.is_changing = 0;
}

std::uint32_t& Ledger::bucket_of(std::uint64_t low) const noexcept {
  return area_.buckets[low % object_slots];
}

std::uint32_t Ledger::find(const ObjectName& name) const noexcept {
  for (std::uint32_t slot = bucket_of(name.digest.low); slot != no_slot; slot = object(slot).next) {
    const Object& found = object(slot);
    if (found.low == name.digest.low && found.high == name.digest.high) return slot;
  }
  return no_slot;
}

std::uint32_t Ledger::find_or_make(const ObjectName& name, std::uint32_t capacity) {
  if (const std::uint32_t slot = find(name); slot != no_slot) {
    Object& found = object(slot);
    // Only who was dismissed is left: it counts for nothing.
    if (found.used == 0 && found.waiters.first == no_slot) found.capacity = capacity;
    if (found.capacity == capacity) return slot;
    throw Error(ErrorKind::invalid_argument, "sync: " + name.text + " is in use with " +
                                                 std::to_string(found.capacity) +
                                                 ": all must ask for the same number");
  }
  const std::uint32_t slot = area_.free_object;
  if (slot == no_slot) {
    throw Error(ErrorKind::full, "sync: more than " + std::to_string(object_slots - 1) +
                                     " names are locked or waited for at the same time");
  }
  area_.free_object = object(slot).next;
  Object& made = object(slot);
  std::uint32_t& bucket = bucket_of(name.digest.low);
  made = Object{.high = name.digest.high,
                .low = name.digest.low,
                .kind = static_cast<std::uint32_t>(name.kind),
                .capacity = capacity,
                .next = bucket,
                .used = 0,
                .holders = {},
                .waiters = {},
                .overtakings = 0,
                .passed_before = 0,
                .broken_before = 0,
                .name = {}};
  name.text.copy(made.name, object_name_bytes - 1);
  bucket = slot;
  return slot;
}

bool Ledger::is_free_for(std::uint32_t slot, std::uint32_t weight) const noexcept {
  const Object& wanted = object(slot);
  const std::uint32_t first = wanted.waiters.first;
  return weight <= wanted.capacity - wanted.used &&
         (first == no_slot || state_of(party(first)) == PartyState::invited);
}

PartyRef Ledger::add(std::uint32_t slot, const Owner& owner, std::uint32_t weight, PartyState state,
                     WallTime now) {
  const std::uint32_t number = area_.free_party;
  if (number == no_slot) {
    drop(slot);
    throw Error(ErrorKind::full, "sync: more than " + std::to_string(party_slots - 1) +
                                     " threads hold or wait for locks at the same time");
  }
  Party& added = party(number);
  area_.free_party = added.next;
  added.object = slot;
  added.weight = weight;
  added.owner = owner;
  added.since = now.time_since_epoch().count();
  added.token.store(0, std::memory_order_relaxed);
  const std::uint64_t ticket = ++area_.next_ticket;
  added.ticket.store(ticket, std::memory_order_relaxed);
  set_state(added, state);
  order_stores();
  if (state == PartyState::holding) {
    Object& held = object(slot);
    held.used += weight;
    append(held.holders, number);
    if (held.waiters.first != no_slot) ++held.overtakings;
  } else {
    append(object(slot).waiters, number);
  }
  return {.slot = number, .ticket = ticket};
}

bool Ledger::is(PartyRef ref, PartyState state) const noexcept {
  const Party& found = party(ref.slot);
  return state_of(found) == state && found.ticket.load(std::memory_order_relaxed) == ref.ticket;
}

bool Ledger::is_present(PartyRef ref) const noexcept {
  const Party& found = party(ref.slot);
  return state_of(found) != PartyState::free &&
         found.ticket.load(std::memory_order_relaxed) == ref.ticket;
}

void Ledger::vacate(std::uint32_t slot) noexcept {
  Party& gone = party(slot);
  Object& held = object(gone.object);
  const PartyState was = state_of(gone);
  set_state(gone, PartyState::free);
  order_stores();
  take_out(is_waiting(was) ? held.waiters : held.holders, slot);
  if (was == PartyState::holding) held.used -= gone.weight;
  gone.next = area_.free_party;
  area_.free_party = slot;
}

void Ledger::remove(PartyRef ref) noexcept {
  const std::uint32_t slot = party(ref.slot).object;
  const bool was_holding = is(ref, PartyState::holding);
  vacate(ref.slot);
  if (was_holding) {
    pass_on(object(slot));
  } else {
    admit(object(slot));
  }
  drop(slot);
}

bool Ledger::accept(PartyRef ref) noexcept {
  if (is(ref, PartyState::waiting)) return false;
  if (!is(ref, PartyState::invited)) return true;
  set_state(party(ref.slot), PartyState::waiting);
  admit(object(party(ref.slot).object));
  return !is(ref, PartyState::waiting);
}

void Ledger::bury(PartyRef ref) noexcept {
  if (!is_present(ref)) return;
  const std::uint32_t slot = party(ref.slot).object;
  if (is_barrier(object(slot)) && !is(ref, PartyState::dismissed)) break_up(slot);
  if (is_present(ref)) remove(ref);
}

void Ledger::give_up(PartyRef ref) noexcept {
  if (is_barrier(object(party(ref.slot).object))) return go_on(ref.slot);
  remove(ref);
}

std::size_t Ledger::count(const Chain& chain) const noexcept {
  std::size_t found = 0;
  for (std::uint32_t slot = chain.first; slot != no_slot; slot = party(slot).next) ++found;
  return found;
}

void Ledger::pass_on(Object& held) noexcept {
  const std::uint32_t first = held.waiters.first;
  const bool can_be_overtaken = held.capacity == 1 && !is_barrier(held) &&
                                held.overtakings < most_overtakings && first != no_slot;
  if (!can_be_overtaken) return admit(held);
  set_state(party(first), PartyState::invited);
  wakes_.add(party(first));
}

void Ledger::admit(Object& held) noexcept {
  if (is_barrier(held)) return meet(held);
  while (held.waiters.first != no_slot) {
    const std::uint32_t slot = held.waiters.first;
    Party& next = party(slot);
    if (next.weight > held.capacity - held.used) return;
    // It holds the object before it has a token: it draws one itself if none is left.
    static_cast<void>(
        give_token({.slot = slot, .ticket = next.ticket.load(std::memory_order_relaxed)}));
    set_state(next, PartyState::holding);
    order_stores();
    take_out(held.waiters, slot);
    append(held.holders, slot);
    held.used += next.weight;
    held.overtakings = 0;
    wakes_.add(next);
  }
}

bool Ledger::give_token(PartyRef ref) noexcept {
  if (area_.next_token >= area_.end_token) return false;
  // Counted first: one that nobody gets does no harm.
  const std::uint64_t token = area_.next_token++;
  order_stores();
  party(ref.slot).token.store(token, std::memory_order_release);
  return true;
}

void Ledger::add_tokens(std::uint64_t begin, std::uint64_t end) noexcept {
  if (begin < area_.end_token) return;
  area_.next_token = begin;  // none is left before the end moves, too
  order_stores();
  area_.end_token = end;
}

void Ledger::append(Chain& chain, std::uint32_t slot) const noexcept {
  Party& added = party(slot);
  added.next = no_slot;
  added.previous = chain.last;
  (chain.last == no_slot ? chain.first : party(chain.last).next) = slot;
  chain.last = slot;
}

void Ledger::take_out(Chain& chain, std::uint32_t slot) const noexcept {
  const Party& gone = party(slot);
  (gone.previous == no_slot ? chain.first : party(gone.previous).next) = gone.next;
  (gone.next == no_slot ? chain.last : party(gone.next).previous) = gone.previous;
}

void Ledger::drop(std::uint32_t slot) noexcept {
  Object& gone = object(slot);
  if (gone.holders.first != no_slot || gone.waiters.first != no_slot) return;
  std::uint32_t* link = &bucket_of(gone.low);
  while (*link != slot) link = &object(*link).next;
  *link = gone.next;
  gone.kind = 0;
  gone.next = area_.free_object;
  area_.free_object = slot;
}

void Ledger::rebuild_objects() noexcept {
  std::fill(std::begin(area_.buckets), std::end(area_.buckets), no_slot);
  area_.free_object = no_slot;
  for (std::uint32_t slot = object_slots - 1; slot != no_slot; --slot) {
    Object& made = object(slot);
    std::uint32_t& chain = made.kind == 0 ? area_.free_object : bucket_of(made.low);
    made.holders = {};
    made.waiters = {};
    made.used = 0;
    made.next = chain;
    chain = slot;
  }
}

void Ledger::rebuild() noexcept {
  rebuild_objects();
  area_.free_party = no_slot;
  std::array<std::uint32_t, party_slots> busy;
  std::size_t count = 0;
  for (std::uint32_t slot = party_slots - 1; slot != no_slot; --slot) {
    if (state_of(party(slot)) == PartyState::free) {
      party(slot).next = area_.free_party;
      area_.free_party = slot;
    } else {
      busy[count++] = slot;
    }
  }
  const auto ticket_of = [&](std::uint32_t slot) {
    return party(slot).ticket.load(std::memory_order_relaxed);
  };
  std::sort(busy.begin(), busy.begin() + count,
            [&](std::uint32_t a, std::uint32_t b) { return ticket_of(a) < ticket_of(b); });
  for (std::size_t i = 0; i < count; ++i) {
    Party& there = party(busy[i]);
    Object& held = object(there.object);
    const PartyState state = state_of(there);
    append(is_waiting(state) ? held.waiters : held.holders, busy[i]);
    if (state == PartyState::holding) held.used += there.weight;
    area_.next_ticket = std::max(area_.next_ticket, ticket_of(busy[i]));
  }
  for (std::uint32_t slot = object_slots - 1; slot != no_slot; --slot) {
    if (object(slot).kind == 0) continue;
    // Who was admitted and not woken wakes by itself before long.
    admit(object(slot));
    drop(slot);
  }
}

void make_area(Area& area, std::uint64_t epoch, std::uint64_t id) {
  area.epoch.store(0);
  // Others look at the epoch meanwhile.
  static_assert(offsetof(Area, epoch) == 0);
  std::memset(reinterpret_cast<std::byte*>(&area) + sizeof(area.epoch), 0,
              sizeof(Area) - sizeof(area.epoch));
  make_robust(area.mutex);
  for (std::uint32_t slot = party_slots - 1; slot != no_slot; --slot) {
    area.parties[slot].next = area.free_party;
    area.free_party = slot;
  }
  for (std::uint32_t slot = object_slots - 1; slot != no_slot; --slot) {
    area.objects[slot].next = area.free_object;
    area.free_object = slot;
  }
  area.id = id;
  area.magic = area_magic;
  area.epoch.store(epoch, std::memory_order_release);
}

}  // namespace larder::detail
