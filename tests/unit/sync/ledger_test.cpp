// SPDX-License-Identifier: Apache-2.0

// The table of locks when somebody dies while he changes it.

#include "sync/ledger.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/shared_block.h"

namespace larder::detail {
namespace {

using test::Child;
using test::SharedBlock;

/// An object with four parts.
ObjectName object_name(std::uint64_t number) {
  const std::string text = std::to_string(number);
  return {.kind = LockKind::semaphore, .digest = digest(as_bytes(text)), .text = text};
}
constexpr std::uint32_t capacity = 4;

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
      const std::uint32_t object = ledger.find_or_make(object_name(random.below(5)), capacity);
      const auto weight = static_cast<std::uint32_t>(1 + random.below(capacity));
      const bool is_free = ledger.is_free_for(object, weight);
      parties.push_back(ledger.add(object, Owner{.pid = 1}, weight,
                                   is_free ? PartyState::holding : PartyState::waiting, {}));
    } else if (!parties.empty()) {
      const std::size_t i = random.below(parties.size());
      ledger.remove(parties[i]);
      parties.erase(parties.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

/// How many are in the chain, which must be in the order of tickets.
std::size_t count(const Ledger& ledger, const Chain& chain, PartyState state) {
  std::size_t found = 0;
  std::uint32_t previous = no_slot;
  for (std::uint32_t slot = chain.first; slot != no_slot; slot = ledger.party(slot).next) {
    const Party& party = ledger.party(slot);
    EXPECT_TRUE(ledger.is({.slot = slot, .ticket = party.ticket}, state));
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
    EXPECT_GT(holders, 0U);
    EXPECT_LE(object.used, capacity);
    if (waiters > 0) {
      EXPECT_GT(ledger.party(object.waiters.first).weight, capacity - object.used);
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

TEST(Ledger, is_whole_after_a_death_at_any_moment) {
  const SharedBlock<Watched> watched;
  make_area(watched->area, 1, 1);
  Random random(test::seed());
  int inside = 0;
  for (std::uint64_t round = 0; round < test::rounds(300, 5000); ++round) {
    const std::uint64_t end = watched->operations + random.below(200) + 1;
    Child child([&]() -> int { come_and_go(*watched, round); });
    while (watched->operations < end) std::this_thread::yield();
    child.kill(SIGKILL);
    ASSERT_EQ(child.wait().signal, SIGKILL);
    inside += static_cast<int>(watched->area.is_changing);
    Ledger ledger(watched->area, SteadyTime::max());
    for (const PartyRef party : check(ledger)) ledger.remove(party);
    ASSERT_TRUE(check(ledger).empty());
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(inside, 30);
}

TEST(Ledger, hands_out_each_token_once_in_order) {
  const SharedBlock<Area> area;
  make_area(*area, 1, 1);
  Ledger ledger(*area, SteadyTime::max());
  const PartyRef party = ledger.add(ledger.find_or_make(object_name(1), capacity), Owner{}, 1,
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
