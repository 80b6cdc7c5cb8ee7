// SPDX-License-Identifier: Apache-2.0
// The checker of histories: it accepts what is right and rejects what is wrong.
#include "stress/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "larder/core/random.h"
#include "support/settings.h"

namespace larder::test {

namespace {

constexpr std::int64_t absent = Event::absent;

Event read(std::uint64_t invoked, std::uint64_t returned, std::int64_t value) {
  return {.action = Action::read, .result = value, .invoked = invoked, .returned = returned};
}
Event write(std::uint64_t invoked, std::uint64_t returned, std::int64_t value) {
  return {.action = Action::write, .argument = value, .invoked = invoked, .returned = returned};
}
Event cas(std::uint64_t invoked, std::uint64_t returned, std::int64_t expected, std::int64_t value,
          std::int64_t is_done) {
  return {.action = Action::compare_and_set,
          .argument = value,
          .expected = expected,
          .result = is_done,
          .invoked = invoked,
          .returned = returned};
}
Event add(std::uint64_t invoked, std::uint64_t returned, std::int64_t amount, std::int64_t sum) {
  return {.action = Action::add,
          .argument = amount,
          .result = sum,
          .invoked = invoked,
          .returned = returned};
}
Event erase(std::uint64_t invoked, std::uint64_t returned, std::int64_t was_there) {
  return {.action = Action::erase, .result = was_there, .invoked = invoked, .returned = returned};
}
Event unknown(Event event) {
  event.outcome = Outcome::unknown;
  return event;
}

struct Case {
  std::string name;
  History history;
};

std::vector<Case> right_histories() {
  return {
      {"nothing", {}},
      {"absent at first", {read(1, 2, absent)}},
      {"read after write", {write(1, 2, 5), read(3, 4, 5)}},
      {"read during write sees old", {write(1, 10, 5), read(2, 3, absent)}},
      {"read during write sees new", {write(1, 10, 5), read(2, 3, 5)}},
      {"two writes overlap, either wins", {write(1, 10, 5), write(2, 9, 6), read(11, 12, 5)}},
      {"unknown write happened", {unknown(write(1, 0, 5)), read(3, 4, 5)}},
      {"unknown write did not happen", {unknown(write(1, 0, 5)), read(3, 4, absent)}},
      {"unknown write happened late", {unknown(write(1, 0, 5)), read(3, 4, absent), read(5, 6, 5)}},
      {"one of two compare-and-sets wins",
       {cas(1, 10, absent, 1, 1), cas(2, 9, absent, 2, 0), read(11, 12, 1)}},
      {"counter", {add(1, 2, 1, 1), add(3, 8, 2, 4), add(4, 7, 1, 2)}},
      {"erase", {write(1, 2, 5), erase(3, 4, 1), erase(5, 6, 0), read(7, 8, absent)}},
      {"long overlap needs reordering",
       {write(1, 100, 1), write(2, 100, 2), write(3, 100, 3), read(4, 5, 3), read(6, 7, 1),
        read(8, 9, 2)}},
      {"touching times overlap", {write(1, 5, 1), read(5, 6, absent)}},
  };
}

std::vector<Case> wrong_histories() {
  return {
      {"stale read", {write(1, 2, 5), read(3, 4, absent)}},
      {"stale read after overwrite", {write(1, 2, 5), write(3, 4, 6), read(5, 6, 5)}},
      {"value from nowhere", {write(1, 2, 5), read(3, 4, 7)}},
      {"value from the future", {read(1, 2, 5), write(3, 4, 5)}},
      {"read goes back", {write(1, 20, 5), read(2, 3, 5), read(4, 5, absent)}},
      {"reads disagree on the order",
       {write(1, 2, 1), write(3, 20, 2), read(4, 5, 2), read(6, 7, 1)}},
      {"lost write", {write(1, 2, 5), erase(3, 4, 0)}},
      {"resurrected", {write(1, 2, 5), erase(3, 4, 1), read(5, 6, 5)}},
      {"erased twice", {write(1, 2, 5), erase(3, 8, 1), erase(4, 7, 1)}},
      {"erase of nothing", {erase(1, 2, 1)}},
      {"two winners", {cas(1, 10, absent, 1, 1), cas(2, 9, absent, 2, 1)}},
      {"no winner", {cas(1, 10, absent, 1, 0), cas(2, 9, absent, 2, 0)}},
      {"winner overwritten by nobody", {cas(1, 2, absent, 1, 1), read(3, 4, 2)}},
      {"loser's value is seen",
       {cas(1, 10, absent, 1, 1), cas(2, 9, absent, 2, 0), read(11, 12, 2)}},
      {"compare-and-set on a stale value", {write(1, 2, 5), write(3, 4, 6), cas(5, 6, 5, 7, 1)}},
      {"lost update", {add(1, 10, 1, 1), add(2, 9, 1, 1)}},
      {"lost update later", {add(1, 2, 1, 1), add(3, 4, 1, 2), add(5, 6, 1, 2)}},
      {"counter jumps", {add(1, 2, 1, 1), add(3, 4, 1, 3)}},
      {"counter order against real time", {add(1, 2, 1, 2), add(3, 4, 1, 1)}},
      {"counter was reset", {add(1, 2, 5, 5), add(3, 4, 1, 1)}},
      {"unknown write happened, then not",
       {unknown(write(1, 0, 5)), read(3, 4, 5), read(5, 6, absent)}},
      {"unknown write before its invocation", {read(1, 2, 5), unknown(write(3, 0, 5))}},
      {"unknown write twice",
       {unknown(write(1, 0, 5)), write(2, 3, 6), read(4, 5, 5), write(6, 7, 6), read(8, 9, 5)}},
      {"unknown add twice", {unknown(add(1, 0, 1, 0)), add(2, 3, 1, 3)}},
      {"hidden by another key",
       {write(1, 2, 5),
        Event{.key = 1, .action = Action::write, .argument = 6, .invoked = 3, .returned = 4},
        read(5, 6, 6)}},
  };
}

/// A history that a right register produces, with `count` operations of which several overlap.
History simulate(Random& random, std::size_t count) {
  History history;
  std::int64_t value = absent;
  std::uint64_t now = 100;
  for (std::size_t i = 0; i < count; ++i) {
    now += 1 + random.below(3);
    Event event{.action = Action(random.below(5)),
                .argument = static_cast<std::int64_t>(random.below(4)),
                .expected = static_cast<std::int64_t>(random.below(4)),
                .invoked = now - random.below(6),
                .returned = now + random.below(6)};
    if (event.action == Action::read) event.result = value;
    if (event.action == Action::compare_and_set) event.result = value == event.expected ? 1 : 0;
    if (event.action == Action::erase) event.result = value == absent ? 0 : 1;
    if (event.action == Action::add)
      event.result = std::max<std::int64_t>(value, 0) + event.argument;
    if (event.action == Action::write || event.result == 1) {
      if (event.action == Action::compare_and_set || event.action == Action::write) {
        value = event.argument;
      }
    }
    if (event.action == Action::erase) value = absent;
    if (event.action == Action::add) value = event.result;
    history.push_back(event);
  }
  return history;
}

}  // namespace

TEST(History, right_ones_are_accepted) {
  for (const Case& c : right_histories()) EXPECT_TRUE(is_linearizable(c.history)) << c.name;
}

TEST(History, wrong_ones_are_rejected) {
  EXPECT_GE(wrong_histories().size(), 20U);
  for (const Case& c : wrong_histories()) EXPECT_FALSE(is_linearizable(c.history)) << c.name;
}

TEST(History, simulated_ones_are_accepted) {
  Random random(seed());
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(is_linearizable(simulate(random, 60)));
}

TEST(History, simulated_ones_with_an_impossible_value_are_rejected) {
  Random random(seed());
  for (int i = 0; i < 300; ++i) {
    History history = simulate(random, 60);
    const auto broken = std::find_if(history.begin(), history.end(), [](const Event& event) {
      return event.action == Action::read;
    });
    if (broken == history.end()) continue;
    broken->result = 1'000'000;
    EXPECT_FALSE(is_linearizable(history));
  }
}

}  // namespace larder::test
