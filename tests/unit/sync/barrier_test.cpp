// SPDX-License-Identifier: Apache-2.0

// Threads and processes that meet again and again: all go on or none, whoever dies meanwhile.

#include "larder/sync/barrier.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "larder/sync/lock.h"
#include "larder/sync/locks.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "support/shared_block.h"
#include "sync_fixture.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

class BarrierTest : public SyncSuite {
 protected:
  [[nodiscard]] Barrier barrier(std::uint32_t parties) const { return {engine(), "name", parties}; }

  /// What an arrival came to.
  static std::string arrive(Barrier barrier, std::chrono::milliseconds limit = long_time) {
    try {
      return barrier.arrive_and_wait_for(limit) ? "met" : "too late";
    } catch (const Error& error) {
      return std::string(to_string(error.kind()));
    }
  }
  /// A thread that arrives and does `then`.
  template <typename Then>
  [[nodiscard]] std::thread party(std::uint32_t parties, std::string& end, Then then) const {
    return std::thread([this, parties, &end, then] {
      end = arrive(barrier(parties));
      then();
    });
  }
  [[nodiscard]] std::thread party(std::uint32_t parties, std::string& end) const {
    return party(parties, end, [] {});
  }
  /// A child that arrives or joins whenever it is told, and says what that came to.
  [[nodiscard]] Child child(ChannelPair& line, std::uint32_t parties) const {
    return Child([&line, parties, this] {
      line.parent.close();
      while (const auto order = line.child.receive()) {
        if (*order == "join") {
          barrier(parties).join();
          line.child.send("joined");
        } else {
          line.child.send(arrive(barrier(parties)));
        }
      }
      return 0;
    });
  }
};
LARDER_SYNC_SUITE(BarrierTest);

using ProcessBarrierTest = BarrierTest;
INSTANTIATE_TEST_SUITE_P(Engines, ProcessBarrierTest, testing::Values(lmdb_engine()), engine_name);

TEST_P(BarrierTest, nobody_goes_on_before_all_have_arrived) {
  constexpr int parties = 4;
  constexpr int meetings = 300;
  std::array<std::atomic<int>, parties> steps{};
  std::atomic<int> early{0};
  std::atomic<int> running{parties};
  std::vector<std::thread> threads;
  threads.reserve(parties);
  for (std::atomic<int>& mine : steps) {
    threads.emplace_back([&] {
      Barrier meeting = barrier(parties);
      for (int i = 1; i <= meetings; ++i) {
        mine = i;
        meeting.arrive_and_wait();
        for (const std::atomic<int>& step : steps) early += static_cast<int>(step < i);
      }
      --running;
      while (running != 0) std::this_thread::yield();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(early, 0);
  EXPECT_EQ(barrier(parties).waiting(), 0U);
}

TEST_P(BarrierTest, of_one_party_never_waits) {
  Barrier alone = barrier(1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(arrive(alone, 0ms), "met");
  alone.leave();
  EXPECT_TRUE(list_locks(engine()).empty());
}

TEST_P(BarrierTest, has_a_party_or_more_and_the_same_number_for_all) {
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(barrier(0)); });
  barrier(2).join();
  expect_kind(ErrorKind::invalid_argument, [&] {
    std::optional<Error> error;
    std::thread([&] {
      try {
        barrier(3).join();
      } catch (const Error& caught) {
        error = caught;
      }
    }).join();
    if (error) throw Error(*error);
  });
  barrier(2).leave();
}

TEST_P(BarrierTest, who_cannot_wait_longer_takes_the_arrival_back) {
  Barrier meeting = barrier(2);
  const SteadyTime deadline = Clock::system().steady_now() + 3ms;
  EXPECT_FALSE(meeting.arrive_and_wait_until(deadline));
  EXPECT_GE(Clock::system().steady_now(), deadline);
  EXPECT_EQ(meeting.waiting(), 0U);
  std::string end;
  std::thread other = party(2, end);
  wait_for_waiters(meeting, 1);
  EXPECT_EQ(arrive(meeting), "met");
  other.join();
  EXPECT_EQ(end, "met");
}

TEST_P(BarrierTest, others_go_on_waiting_for_who_took_the_arrival_back) {
  Barrier meeting = barrier(3);
  std::string end;
  std::string last;
  std::thread other = party(3, end);
  wait_for_waiters(meeting, 1);
  EXPECT_EQ(arrive(meeting, 2ms), "too late");
  EXPECT_EQ(meeting.waiting(), 1U);
  std::thread third = party(3, last);
  wait_for_waiters(meeting, 2);
  EXPECT_EQ(arrive(meeting), "met");
  other.join();
  third.join();
  EXPECT_EQ(end, "met");
  EXPECT_EQ(last, "met");
}

TEST_P(BarrierTest, breaks_for_all_when_a_party_ends_without_leaving) {
  Barrier meeting = barrier(3);
  meeting.join();
  std::string end;
  std::thread waiting = party(3, end);
  wait_for_waiters(meeting, 1);
  std::thread([&] { barrier(3).join(); }).join();
  waiting.join();
  EXPECT_EQ(end, "unavailable");
  EXPECT_EQ(arrive(meeting), "unavailable");    // is told when it comes
  EXPECT_EQ(arrive(meeting, 1ms), "too late");  // once
  meeting.leave();
}

TEST_P(BarrierTest, is_whole_again_once_all_were_told) {
  Barrier meeting = barrier(2);
  for (int i = 0; i < 3; ++i) {
    std::thread([&] { barrier(2).join(); }).join();
    EXPECT_EQ(arrive(meeting), "unavailable");
    std::string end;
    std::thread other = party(2, end);
    EXPECT_EQ(arrive(meeting), "met");
    other.join();
    EXPECT_EQ(end, "met");
    EXPECT_EQ(arrive(meeting), "unavailable");  // the other one has ended since
  }
}

TEST_P(BarrierTest, who_leaves_makes_place_for_another) {
  Barrier meeting = barrier(2);
  std::string first;
  std::string second;
  std::thread leaving = party(2, first, [&] { barrier(2).leave(); });
  EXPECT_EQ(arrive(meeting), "met");
  leaving.join();
  EXPECT_EQ(first, "met");
  std::thread other = party(2, second);
  EXPECT_EQ(arrive(meeting), "met");
  other.join();
  EXPECT_EQ(second, "met");
}

TEST_P(BarrierTest, has_no_place_for_more_parties_than_it_is_for) {
  Barrier meeting = barrier(1);
  meeting.join();
  std::string end;
  party(1, end).join();
  EXPECT_EQ(end, "invalid_argument");
  meeting.leave();
  party(1, end).join();
  EXPECT_EQ(end, "met");
  // That one has ended: its place is free.
  EXPECT_EQ(arrive(meeting), "met");
}

TEST_P(BarrierTest, reset_lets_nobody_wait_longer) {
  Barrier meeting = barrier(3);
  std::string one;
  std::string two;
  std::thread first = party(3, one);
  std::thread second = party(3, two);
  wait_for_waiters(meeting, 2);
  EXPECT_EQ(meeting.reset(), 2U);
  first.join();
  second.join();
  EXPECT_EQ(one, "unavailable");
  EXPECT_EQ(two, "unavailable");
  EXPECT_EQ(meeting.reset(), 0U);
  EXPECT_EQ(arrive(meeting, 1ms), "too late");
  EXPECT_EQ(meeting.reset(), 1U);
  EXPECT_EQ(arrive(meeting, 1ms), "too late");
}

TEST_P(BarrierTest, is_listed_and_broken_like_a_lock) {
  Barrier meeting = barrier(3);
  meeting.join();
  Lock lock(engine(), "name");
  std::string end;
  std::thread other = party(3, end);
  wait_for_waiters(meeting, 1);
  const std::vector<LockParty> all = list_locks(engine());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].kind, LockKind::barrier);
  EXPECT_FALSE(all[0].is_waiting);
  EXPECT_TRUE(all[1].is_waiting);
  EXPECT_EQ(break_lock(engine(), LockKind::lock, "name"), 0U);
  EXPECT_EQ(break_lock(engine(), LockKind::barrier, "name"), 2U);
  other.join();
  EXPECT_EQ(end, "unavailable");
  EXPECT_TRUE(list_locks(engine()).empty());
  EXPECT_EQ(arrive(meeting), "unavailable");
}

TEST_P(BarrierTest, child_of_a_fork_is_no_party) {
  Barrier meeting = barrier(1);
  meeting.join();
  const ChildEnd end = run_in_child([&] {
    meeting.leave();
    const std::string wanted = is_shared_by_processes() ? "invalid_argument" : "met";
    return arrive(meeting) == wanted ? 0 : 1;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(arrive(meeting), "met");
}

TEST_P(ProcessBarrierTest, processes_meet) {
  constexpr std::uint32_t parties = 4;
  SharedBlock<std::array<std::atomic<int>, parties>> steps;
  std::vector<Child> children;
  Barrier ours = barrier(parties);
  for (std::size_t p = 1; p < parties; ++p) {
    children.emplace_back([&, p] {
      Barrier meeting = barrier(parties);
      for (int i = 1; i <= 200; ++i) {
        (*steps)[p] = i;
        meeting.arrive_and_wait();
        for (const auto& step : *steps) {
          if (step < i) return 1;
        }
      }
      meeting.leave();
      return 0;
    });
  }
  for (int i = 1; i <= 200; ++i) {
    (*steps)[0] = i;
    ours.arrive_and_wait();
  }
  for (Child& child : children) EXPECT_TRUE(child.wait().is_good());
}

TEST_P(ProcessBarrierTest, breaks_soon_when_a_party_is_killed_at_work) {
  std::vector<std::chrono::nanoseconds> waits;
  Barrier meeting = barrier(2);
  for (int round = 0; round < 15; ++round) {
    ChannelPair line;
    Child other = child(line, 2);
    line.child.close();
    line.parent.send("join");
    ASSERT_EQ(line.parent.receive(), "joined");
    SteadyTime killed{};
    std::thread killer([&] {
      wait_for_waiters(meeting, 1);
      killed = Clock::system().steady_now();
      other.kill(SIGKILL);
    });
    EXPECT_EQ(arrive(meeting), "unavailable");
    const SteadyTime told = Clock::system().steady_now();
    killer.join();
    waits.push_back(told - killed);
  }
  // Nearly always: this machine may have other things to do.
  std::ranges::sort(waits);
  EXPECT_LT(waits[waits.size() / 2], 100ms);
}

TEST_P(ProcessBarrierTest, breaks_when_a_party_is_killed_that_waits) {
  ChannelPair line;
  Child other = child(line, 3);
  line.child.close();
  line.parent.send("arrive");
  Barrier meeting = barrier(3);
  wait_for_waiters(meeting, 1);
  std::thread killer([&] {
    wait_for_waiters(meeting, 2);
    other.kill(SIGKILL);
  });
  EXPECT_EQ(arrive(meeting), "unavailable");
  killer.join();
  EXPECT_EQ(meeting.waiting(), 0U);
}

TEST_P(ProcessBarrierTest, another_process_takes_the_place_of_a_killed_one) {
  Barrier meeting = barrier(2);
  meeting.join();
  for (int round = 0; round < 5; ++round) {
    ChannelPair line;
    Child other = child(line, 2);
    line.child.close();
    line.parent.send("arrive");
    EXPECT_EQ(arrive(meeting), "met");
    EXPECT_EQ(line.parent.receive(), "met");
    other.kill(SIGKILL);
    EXPECT_EQ(arrive(meeting), "unavailable");
  }
}

TEST_P(ProcessBarrierTest, what_a_run_left_does_not_hinder_the_next_of_another_size) {
  const ChildEnd end = run_in_child([&] {
    barrier(5).join();
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(arrive(barrier(1)), "met");
}

}  // namespace
}  // namespace larder::test
