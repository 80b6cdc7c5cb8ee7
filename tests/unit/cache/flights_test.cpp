// SPDX-License-Identifier: Apache-2.0

// Loads of one process that wait for each other.

#include "cache/flights.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "support/child.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

using detail::Flights;
using detail::LoadOutcome;
using Kind = LoadOutcome::Kind;

SteadyTime soon() { return Clock::system().steady_now() + std::chrono::seconds{60}; }

void wait_until_one_waits(Flights& flights) {
  while (flights.waiting() == 0) std::this_thread::yield();
}

TEST(Flights, who_comes_first_gets_the_ticket_and_the_others_its_outcome) {
  Flights flights;
  const Flights::TicketPtr ticket = flights.join(as_bytes("a"), soon()).ticket;
  ASSERT_NE(ticket, nullptr);
  ticket->begin();
  EXPECT_EQ(flights.try_start(as_bytes("a")), nullptr);
  EXPECT_NE(flights.try_start(as_bytes("b")), nullptr);
  std::thread other([&] {
    const Flights::Joined joined = flights.join(as_bytes("a"), soon());
    ASSERT_NE(joined.outcome, nullptr);
    EXPECT_EQ(joined.outcome->kind, Kind::value);
    EXPECT_EQ(as_text(joined.outcome->value), "loaded");
  });
  wait_until_one_waits(flights);
  ticket->land({.kind = Kind::value, .value = to_bytes(as_bytes("loaded"))});
  other.join();
  EXPECT_NE(flights.try_start(as_bytes("a")), nullptr);
}

TEST(Flights, error_reaches_those_who_wait) {
  Flights flights;
  const Flights::TicketPtr ticket = flights.try_start(as_bytes("a"));
  std::thread other([&] {
    const Flights::Joined joined = flights.join(as_bytes("a"), soon());
    ASSERT_NE(joined.outcome, nullptr);
    EXPECT_EQ(joined.outcome->kind, Kind::failed);
    EXPECT_THROW(std::rethrow_exception(joined.outcome->error), std::runtime_error);
  });
  wait_until_one_waits(flights);
  ticket->land({.kind = Kind::failed, .error = std::make_exception_ptr(std::runtime_error("no"))});
  other.join();
}

TEST(Flights, lost_ticket_lands_by_itself) {
  Flights flights;
  Flights::TicketPtr ticket = flights.try_start(as_bytes("a"));
  std::thread other(
      [&] { EXPECT_EQ(flights.join(as_bytes("a"), soon()).outcome->kind, Kind::given_up); });
  wait_until_one_waits(flights);
  ticket.reset();
  other.join();
}

TEST(Flights, wait_ends_at_its_deadline) {
  Flights flights;
  const Flights::TicketPtr ticket = flights.try_start(as_bytes("a"));
  expect_kind(ErrorKind::unavailable,
              [&] { static_cast<void>(flights.join(as_bytes("a"), SteadyTime{})); });
  EXPECT_EQ(flights.waiting(), 0U);
}

TEST(Flights, load_that_waits_for_itself_is_an_error) {
  Flights flights;
  const Flights::TicketPtr ticket = flights.try_start(as_bytes("a"));
  ticket->begin();
  expect_kind(ErrorKind::invalid_argument,
              [&] { static_cast<void>(flights.join(as_bytes("a"), soon())); });
}

TEST(Flights, loads_that_wait_for_each_other_are_an_error) {
  Flights flights;
  const Flights::TicketPtr a = flights.try_start(as_bytes("a"));
  a->begin();
  std::thread other([&] {
    const Flights::TicketPtr b = flights.try_start(as_bytes("b"));
    b->begin();
    EXPECT_EQ(flights.join(as_bytes("a"), soon()).outcome->kind, Kind::given_up);
    b->land({});
  });
  wait_until_one_waits(flights);
  expect_kind(ErrorKind::invalid_argument,
              [&] { static_cast<void>(flights.join(as_bytes("b"), soon())); });
  a->land({});
  other.join();
}

TEST(Flights, no_load_of_the_parent_runs_in_the_child_of_a_fork) {
  Flights flights;
  const Flights::TicketPtr ticket = flights.try_start(as_bytes("a"));
  EXPECT_TRUE(run_in_child([&] {
                return flights.join(as_bytes("a"), soon()).ticket != nullptr ? 0 : 1;
              }).is_good());
}

}  // namespace
}  // namespace larder::test
