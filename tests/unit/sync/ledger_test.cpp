// SPDX-License-Identifier: Apache-2.0

// The table of locks when somebody dies while he changes it.

#include "sync/ledger.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "sync/ledger_words.h"

namespace larder::detail {
namespace {

using test::Child;
using test::SharedBlock;

ObjectName object_name(std::uint64_t number) {
  const std::string text = std::to_string(number);
  return {.kind = LockKind::semaphore, .digest = digest(as_bytes(text)), .text = text};
}
constexpr std::uint32_t capacity_of(std::uint64_t number) { return number == 0 ? 1 : 4; }

struct Watched {
  Area area;
  std::atomic<std::uint64_t> operations{0};
};

/// Enters and leaves at random, for ever.
[[noreturn]] void come_and_go(Watched& watched, std::uint64_t seed) {
  Random random(seed);
  std::vector<PartyRef> parties;
  for (;;) {
    Ledger ledger(watched.area, SteadyTime::max());
    ++watched.operations;
    if (parties.size() < 12 && random.below(2) == 0) {
      const std::uint64_t number = random.below(5);
      const std::uint32_t capacity = capacity_of(number);
      const std::uint32_t object = ledger.find_or_make(object_name(number), capacity);
      const auto weight = static_cast<std::uint32_t>(1 + random.below(capacity));
      const bool is_free = ledger.is_free_for(object, weight);
      parties.push_back(ledger.add(object, Owner{.pid = 1}, weight,
                                   is_free ? PartyState::holding : PartyState::waiting, {}));
    } else if (!parties.empty()) {
      const std::size_t i = random.below(parties.size());
      if (random.below(4) == 0) {
        ledger.accept(parties[i]);
        continue;
      }
      ledger.remove(parties[i]);
      parties.erase(parties.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

bool has_invited(const Ledger& ledger, const Chain& waiters) {
  return waiters.first != no_slot && state_of(ledger.party(waiters.first)) == PartyState::invited;
}

/// How many are in the chain, which must be in the order of tickets.
std::size_t count(const Ledger& ledger, const Chain& chain, PartyState state) {
  std::size_t found = 0;
  std::uint32_t previous = no_slot;
  for (std::uint32_t slot = chain.first; slot != no_slot; slot = ledger.party(slot).next) {
    const Party& party = ledger.party(slot);
    const PartyState found_state =
        slot == chain.first && has_invited(ledger, chain) ? PartyState::invited : state;
    EXPECT_TRUE(ledger.is({.slot = slot, .ticket = party.ticket}, found_state));
    EXPECT_EQ(party.previous, previous);
    if (state == PartyState::waiting && previous != no_slot) {
      EXPECT_GT(party.ticket, ledger.party(previous).ticket);
    }
    previous = slot;
    ++found;
  }
  EXPECT_EQ(chain.last, previous);
  return found;
}

/// Everything is where it should be; returns all parties.
std::vector<PartyRef> check(const Ledger& ledger) {
  std::size_t seen = 0;
  std::size_t objects = 0;
  for (std::uint64_t number = 0; number < 5; ++number) {
    const std::uint32_t slot = ledger.find(object_name(number));
    if (slot == no_slot) continue;
    ++objects;
    const Object& object = ledger.object(slot);
    const std::size_t holders = count(ledger, object.holders, PartyState::holding);
    const std::size_t waiters = count(ledger, object.waiters, PartyState::waiting);
    EXPECT_LE(object.used, capacity_of(number));
    if (has_invited(ledger, object.waiters)) {
      EXPECT_EQ(number, 0U);
    } else {
      EXPECT_GT(holders, 0U);
      if (waiters > 0) {
        EXPECT_GT(ledger.party(object.waiters.first).weight, capacity_of(number) - object.used);
      }
    }
    seen += holders + waiters;
  }
  std::vector<PartyRef> parties;
  for (std::uint32_t slot = 1; slot < party_slots; ++slot) {
    const Party& party = ledger.party(slot);
    if (party.state.load() != 0) parties.push_back({.slot = slot, .ticket = party.ticket});
  }
  EXPECT_EQ(parties.size(), seen);
  std::size_t free = 0;
  for (std::uint32_t slot = ledger.area().free_party; slot != no_slot;
       slot = ledger.party(slot).next) {
    ++free;
  }
  EXPECT_EQ(free + parties.size(), party_slots - 1);
  std::size_t free_objects = 0;
  for (std::uint32_t slot = ledger.area().free_object; slot != no_slot;
       slot = ledger.object(slot).next) {
    ++free_objects;
  }
  EXPECT_EQ(free_objects + objects, object_slots - 1);
  return parties;
}

/// Runs `live(watched, seed)` in children that are killed at any moment, and `look(ledger)`, which
/// must remove all parties, after each. Returns how many were killed inside the ledger.
template <typename Live, typename Look>
int kill_and_look(Live live, Look look) {
  const SharedBlock<Watched> watched;
  make_area(watched->area, 1, 1);
  Random random(test::seed());
  int inside = 0;
  int kills = 0;
  // Where they are killed is a matter of luck and of what else the machine does.
  const auto is_enough = [&](std::uint64_t round) {
    return round >= test::rounds(300, 5000) && (inside > 10 || round >= 10'000);
  };
  for (std::uint64_t round = 0; !is_enough(round); ++round) {
    const std::uint64_t end = watched->operations + random.below(200) + 1;
    Child child([&] {
      live(*watched, round);
      return 1;
    });
    while (watched->operations < end) std::this_thread::yield();
    child.kill(SIGKILL);
    EXPECT_EQ(child.wait().signal, SIGKILL);
    inside += static_cast<int>(watched->area.is_changing);
    Ledger ledger(watched->area, SteadyTime::max());
    look(ledger);
    EXPECT_TRUE(check(ledger).empty());
    ++kills;
    if (testing::Test::HasFailure()) break;
  }
  std::printf("%d processes killed at work, of which %d were inside the table\n", kills, inside);
  return inside;
}

TEST(Ledger, is_whole_after_a_death_at_any_moment) {
  const int inside = kill_and_look(come_and_go, [](Ledger& ledger) {
    for (const PartyRef party : check(ledger)) ledger.remove(party);
  });
  EXPECT_GT(inside, 10);
}

constexpr std::uint32_t barrier_parties = 3;
const ObjectName barrier_name{
    .kind = LockKind::barrier, .digest = digest(as_bytes("barrier")), .text = "barrier"};

/// Joins, arrives, takes it back, leaves and breaks up at random, for ever.
[[noreturn]] void meet_and_part(Watched& watched, std::uint64_t seed) {
  Random random(seed);
  std::vector<PartyRef> parties;
  for (;;) {
    Ledger ledger(watched.area, SteadyTime::max());
    ++watched.operations;
    const std::uint64_t dice = random.below(20);
    if (parties.size() < barrier_parties) {
      const std::uint32_t object = ledger.find_or_make(barrier_name, barrier_parties);
      parties.push_back(ledger.add(object, Owner{.pid = 1}, 1, PartyState::holding, {}));
      continue;
    }
    PartyRef& one = parties[random.below(parties.size())];
    if (dice == 0) {
      ledger.break_up(ledger.find(barrier_name));
      for (const PartyRef party : parties) ledger.bury(party);
      parties.clear();
    } else if (dice == 1) {
      ledger.remove(one);
      std::swap(one, parties.back());
      parties.pop_back();
    } else if (ledger.is(one, PartyState::holding)) {
      one = ledger.arrive(one);
    } else if (dice < 5) {
      ledger.give_up(one);
    }
  }
}

/// Who waits and works is at the same meeting; returns all parties.
std::vector<PartyRef> check_barrier(const Ledger& ledger, const Object& met) {
  const std::size_t waiters = count(ledger, met.waiters, PartyState::waiting);
  EXPECT_LT(waiters, barrier_parties);
  std::size_t working = 0;
  std::vector<PartyRef> all;
  for (const Chain& chain : {met.holders, met.waiters}) {
    for (std::uint32_t one = chain.first; one != no_slot; one = ledger.party(one).next) {
      const PartyRef ref{.slot = one, .ticket = ledger.party(one).ticket};
      all.push_back(ref);
      EXPECT_TRUE(ref.ticket >= met.broken_before || ledger.is(ref, PartyState::dismissed));
      EXPECT_TRUE(ref.ticket >= met.passed_before || !ledger.is(ref, PartyState::waiting));
      working += static_cast<std::size_t>(ledger.is(ref, PartyState::holding));
    }
  }
  EXPECT_EQ(working, met.used);
  EXPECT_LE(working + waiters, barrier_parties);
  return all;
}

TEST(Ledger, lets_all_parties_of_a_barrier_go_on_or_none_after_a_death_at_any_moment) {
  const int inside = kill_and_look(meet_and_part, [](Ledger& ledger) {
    const std::uint32_t slot = ledger.find(barrier_name);
    if (slot == no_slot) return;
    for (const PartyRef party : check_barrier(ledger, ledger.object(slot))) ledger.bury(party);
    EXPECT_EQ(ledger.find(barrier_name), no_slot);
  });
  EXPECT_GT(inside, 10);
}

/// A lock that one holds and another waits for.
class PassedOnTest : public testing::Test {
 protected:
  PassedOnTest() : ledger_(start(), SteadyTime::max()) {
    lock_ = ledger_.find_or_make(object_name(0), 1);
    holder_ = add(PartyState::holding);
    waiter_ = add(PartyState::waiting);
  }

  PartyRef add(PartyState state) { return ledger_.add(lock_, Owner{.pid = 1}, 1, state, {}); }
  bool is_free() { return ledger_.is_free_for(lock_, 1); }

 private:
  Area& start() {
    make_area(*area_, 1, 1);
    return *area_;
  }
  const SharedBlock<Area> area_;

 protected:
  Ledger ledger_;
  std::uint32_t lock_ = no_slot;
  PartyRef holder_;
  PartyRef waiter_;
};

TEST_F(PassedOnTest, lock_goes_to_the_one_who_waits_when_it_wakes) {
  EXPECT_FALSE(ledger_.accept(waiter_));
  ledger_.remove(holder_);
  EXPECT_TRUE(ledger_.is(waiter_, PartyState::invited));
  EXPECT_TRUE(ledger_.accept(waiter_));
  EXPECT_TRUE(ledger_.is(waiter_, PartyState::holding));
  EXPECT_FALSE(is_free());
}

TEST_F(PassedOnTest, one_may_be_faster_than_the_one_who_waits_and_no_second) {
  ledger_.remove(holder_);
  ASSERT_TRUE(is_free());
  const PartyRef faster = add(PartyState::holding);
  EXPECT_FALSE(is_free());
  EXPECT_FALSE(ledger_.accept(waiter_));
  EXPECT_TRUE(ledger_.is(waiter_, PartyState::waiting));
  ledger_.remove(faster);
  EXPECT_TRUE(ledger_.is(waiter_, PartyState::holding));
}

TEST_F(PassedOnTest, each_who_waits_may_be_overtaken_anew) {
  const PartyRef second = add(PartyState::waiting);
  ledger_.remove(holder_);
  ledger_.remove(add(PartyState::holding));
  ASSERT_TRUE(ledger_.is(waiter_, PartyState::holding));
  ledger_.remove(waiter_);
  EXPECT_TRUE(ledger_.is(second, PartyState::invited));
}

TEST_F(PassedOnTest, lock_goes_to_the_next_if_the_one_who_was_invited_dies) {
  const PartyRef second = add(PartyState::waiting);
  ledger_.remove(holder_);
  ledger_.bury(waiter_);
  EXPECT_TRUE(ledger_.is(second, PartyState::holding));
}

TEST(Ledger, hands_out_each_token_once_in_order) {
  const SharedBlock<Area> area;
  make_area(*area, 1, 1);
  Ledger ledger(*area, SteadyTime::max());
  const PartyRef party = ledger.add(ledger.find_or_make(object_name(1), capacity_of(1)), Owner{}, 1,
                                    PartyState::holding, {});
  const auto next = [&]() -> std::optional<std::uint64_t> {
    if (!ledger.give_token(party)) return std::nullopt;
    return ledger.party(party.slot).token.load();
  };
  EXPECT_EQ(next(), std::nullopt);
  ledger.add_tokens(10, 12);
  EXPECT_EQ(next(), 10U);
  ledger.add_tokens(20, 22);  // somebody else drew later ones meanwhile
  EXPECT_EQ(next(), 20U);
  ledger.add_tokens(12, 20);
  EXPECT_EQ(next(), 21U);
  EXPECT_EQ(next(), std::nullopt);
}

}  // namespace
}  // namespace larder::detail
