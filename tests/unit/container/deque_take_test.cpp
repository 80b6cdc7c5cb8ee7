// SPDX-License-Identifier: Apache-2.0

// What is taken comes back, once, unless it is acknowledged.

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "container_fixture.h"
#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "larder/core/error.h"
#include "support/asleep.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/container.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;
using Numbers = std::vector<int>;

constexpr auto far_too_long = 50s;

class DequeTakeTest : public OnEachEngine {
 protected:
  EnginePtr open_with_clock() {
    engine_.reset();
    return GetParam().open({.directory = dir_ / "db", .hooks = {.clock = &clock_}});
  }

  ManualClock clock_;
  Deque<int> jobs_{engine_ = open_with_clock(), "jobs"};
};

INSTANTIATE_TEST_SUITE_P(Engines, DequeTakeTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);

class PersistentDequeTakeTest : public DequeTakeTest {};
INSTANTIATE_TEST_SUITE_P(Engines, PersistentDequeTakeTest, testing::Values(lmdb_engine()),
                         engine_name);

TEST_P(DequeTakeTest, what_is_done_is_gone) {
  jobs_.extend(Numbers{1, 2});
  auto first = jobs_.take_front();
  auto last = jobs_.take_back();
  ASSERT_TRUE(first && last);
  EXPECT_EQ(first->value(), 1);
  EXPECT_EQ(**last, 2);
  EXPECT_EQ(first->attempts(), 1U);
  EXPECT_LT(first->token(), last->token());
  EXPECT_EQ(jobs_.taken(), 2U);
  EXPECT_EQ(jobs_.take_front(), std::nullopt);
  first->done();
  last->done();
  EXPECT_EQ(jobs_.taken(), 0U);
  EXPECT_TRUE(jobs_.empty());
  EXPECT_EQ(jobs_.bring_back(), 0U);
}

TEST_P(DequeTakeTest, what_is_dropped_or_given_back_comes_back_to_its_place) {
  jobs_.extend(Numbers{1, 2, 3, 4});
  {
    const auto first = jobs_.take_front();
    auto second = jobs_.take_front();
    EXPECT_EQ(jobs_.snapshot(), (Numbers{3, 4}));
    second->give_back();
    EXPECT_EQ(jobs_.snapshot(), (Numbers{2, 3, 4}));
  }
  EXPECT_EQ(jobs_.snapshot(), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(jobs_.take_front()->attempts(), 2U);
  EXPECT_EQ(jobs_.take_front()->attempts(), 3U);
}

TEST_P(DequeTakeTest, what_comes_back_stands_among_what_came_meanwhile) {
  jobs_.extend(Numbers{1, 2, 3});
  auto first = jobs_.take_front();
  auto last = jobs_.take_back();
  jobs_.push_front(0);
  jobs_.push_back(4);
  jobs_.insert(1, 5);
  EXPECT_EQ(jobs_.snapshot(), (Numbers{0, 5, 2, 4}));
  first->give_back();
  last->give_back();
  EXPECT_EQ(jobs_.snapshot(), (Numbers{0, 1, 5, 2, 3, 4}));
}

TEST_P(DequeTakeTest, taken_items_are_in_no_other_function) {
  jobs_.extend(Numbers{1, 2, 3});
  auto walk = jobs_.begin();
  auto first = jobs_.take_front();
  EXPECT_EQ(jobs_.size(), 2U);
  EXPECT_EQ(jobs_.at(0), 2);
  EXPECT_EQ(jobs_.count(1), 0U);
  EXPECT_FALSE(jobs_.erase_first(1));
  EXPECT_EQ(jobs_, (Numbers{2, 3}));
  EXPECT_EQ(*jobs_.begin(), 2);
  EXPECT_EQ(jobs_.clear(), 2U);
  first->give_back();
  EXPECT_EQ(jobs_.pop_back(), 1);
  EXPECT_EQ(jobs_.taken(), 0U);
}

TEST_P(DequeTakeTest, a_walk_passes_over_what_was_taken_before_it_came_there) {
  for (int i = 0; i < 300; ++i) jobs_.push_back(i);
  auto walk = jobs_.begin();
  const auto last = jobs_.take_back();
  int seen = 0;
  for (; walk != std::default_sentinel; ++walk) {
    EXPECT_NE(*walk, 299);
    ++seen;
  }
  EXPECT_EQ(seen, 299);
}

TEST_P(DequeTakeTest, limits_do_not_drop_what_comes_back) {
  jobs_.set_max_size(2);
  jobs_.extend(Numbers{1, 2});
  auto first = jobs_.take_front();
  EXPECT_TRUE(jobs_.push_back_within(3, 0ms));
  first->give_back();
  EXPECT_EQ(jobs_.snapshot(), (Numbers{1, 2, 3}));
  jobs_.push_back(4);
  EXPECT_EQ(jobs_.snapshot(), (Numbers{3, 4}));
}

TEST_P(DequeTakeTest, a_lease_that_is_over_is_lost) {
  jobs_.push_back(1);
  auto slow = jobs_.take_front(10s);
  clock_.advance(9'999'999us);
  EXPECT_EQ(jobs_.take_front(), std::nullopt);
  clock_.advance(1us);
  auto second = jobs_.take_front(10s);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->attempts(), 2U);
  EXPECT_GT(second->token(), slow->token());
  expect_kind(ErrorKind::invalid_argument, [&] { slow->done(); });
  expect_kind(ErrorKind::invalid_argument, [&] { slow->give_back(); });
  expect_kind(ErrorKind::invalid_argument, [&] { slow->extend(); });
  slow.reset();
  EXPECT_EQ(jobs_.taken(), 1U);
  second->done();
  EXPECT_TRUE(jobs_.empty());
}

TEST_P(DequeTakeTest, a_lease_can_be_extended_and_cut_short) {
  jobs_.extend(Numbers{1, 2});
  auto first = jobs_.take_front(10s);
  auto second = jobs_.take_front(1h);
  clock_.advance(9s);
  first->extend(10s);
  second->extend(1s);
  clock_.advance(9s);
  EXPECT_EQ(jobs_.bring_back(), 1U);
  EXPECT_EQ(jobs_.pop_front(), 2);
  first->extend(Duration::max());
  clock_.advance(24h * 1000);
  EXPECT_EQ(jobs_.bring_back(), 0U);
  first->done();
  expect_kind(ErrorKind::invalid_argument, [&] { jobs_.take_front(0s); });
}

TEST_P(DequeTakeTest, a_calendar_that_jumps_ends_no_lease) {
  jobs_.push_back(1);
  auto first = jobs_.take_front(10s);
  clock_.set(WallTime{std::chrono::days{30'000}});
  EXPECT_EQ(jobs_.bring_back(), 0U);
  clock_.set(WallTime{});
  clock_.advance(10s);
  EXPECT_EQ(jobs_.bring_back(), 1U);
}

TEST_P(DequeTakeTest, an_item_is_settled_once) {
  jobs_.extend(Numbers{1, 2});
  auto first = jobs_.take_front();
  first->done();
  expect_kind(ErrorKind::invalid_argument, [&] { first->done(); });
  expect_kind(ErrorKind::invalid_argument, [&] { first->give_back(); });
  auto second = jobs_.take_front();
  auto moved = std::move(second);
  expect_kind(ErrorKind::invalid_argument, [&] { second->done(); });  // NOLINT
  moved->done();
  jobs_.extend(Numbers{3, 4});
  auto third = jobs_.take_front();
  third = jobs_.take_front();  // the one before goes back
  EXPECT_EQ(third->value(), 4);
  EXPECT_EQ(jobs_.snapshot(), Numbers{3});
}

TEST_P(DequeTakeTest, the_last_attempt_leads_to_the_dead_letters) {
  jobs_.set_max_attempts(2);
  jobs_.extend(Numbers{1, 2});
  for (int attempt = 0; attempt < 2; ++attempt) EXPECT_EQ(**jobs_.take_front(), 1);
  EXPECT_EQ(**jobs_.take_front(), 2);
  EXPECT_EQ(jobs_.snapshot(), Numbers{2});
  Deque<int> dead = jobs_.dead_letters();
  EXPECT_EQ(dead.snapshot(), Numbers{1});

  EXPECT_EQ(jobs_.requeue_dead_letters(), 1U);
  EXPECT_TRUE(dead.empty());
  EXPECT_EQ(jobs_.snapshot(), (Numbers{2, 1}));
  EXPECT_EQ(jobs_.take_back()->attempts(), 1U);

  jobs_.set_max_attempts(1);  // both have had theirs
  EXPECT_EQ(jobs_.take_front(), std::nullopt);
  EXPECT_EQ(dead.snapshot(), (Numbers{2, 1}));
  EXPECT_EQ(dead.clear(), 2U);
  EXPECT_EQ(jobs_.requeue_dead_letters(), 0U);
}

TEST_P(DequeTakeTest, dead_letters_go_back_as_far_as_there_is_room) {
  jobs_.set_max_attempts(1);
  jobs_.extend(Numbers{1, 2, 3});
  while (jobs_.take_front()) continue;
  jobs_.set_max_size(2);
  EXPECT_EQ(jobs_.requeue_dead_letters(), 2U);
  EXPECT_EQ(jobs_.snapshot(), (Numbers{1, 2}));
  EXPECT_EQ(jobs_.dead_letters().snapshot(), Numbers{3});
}

TEST_P(PersistentDequeTakeTest, everything_is_kept_over_reopening) {
  {
    Deque<int> jobs(engine_, "kept", {.max_attempts = 3});
    jobs.extend(Numbers{1, 2});
    EXPECT_EQ(**jobs.take_front(), 1);
  }
  jobs_ = Deque<int>(open_memory_engine(), "jobs");
  engine_ = open_with_clock();
  Deque<int> jobs(engine_, "kept");
  EXPECT_EQ(jobs.max_attempts(), 3U);
  EXPECT_EQ(jobs.take_front()->attempts(), 2U);
  auto last = jobs.take_front();
  EXPECT_EQ(last->attempts(), 3U);
  last.reset();
  EXPECT_EQ(jobs.dead_letters().snapshot(), Numbers{1});
}

TEST_P(DequeTakeTest, joins_the_update_around_it) {
  Index<int, int> squares(engine_, "squares");
  jobs_.push_back(3);
  auto job = jobs_.take_front();
  EXPECT_THROW(engine_->update([&](WriteTxn&) {
    squares.put(3, 9);
    job->done();
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_TRUE(squares.empty());
  EXPECT_EQ(jobs_.taken(), 1U);
  engine_->update([&](WriteTxn&) {
    squares.put(3, 9);
    job->done();
  });
  EXPECT_EQ(jobs_.taken(), 0U);
  EXPECT_EQ(squares.at(3), 9);
}

TEST_P(DequeTakeTest, taken_and_done_in_one_update_is_popped) {
  jobs_.extend(Numbers{1, 2});
  engine_->update([&](WriteTxn&) { jobs_.take_front()->done(); });
  EXPECT_EQ(jobs_.taken(), 0U);
  EXPECT_EQ(jobs_.snapshot(), Numbers{2});
}

TEST_P(DequeTakeTest, what_an_undone_update_took_is_nobodys) {
  jobs_.push_back(1);
  std::optional<Taken<int>> never;
  EXPECT_THROW(engine_->update([&](WriteTxn&) {
    never = jobs_.take_front();
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  ASSERT_TRUE(never);
  auto real = jobs_.take_front();
  EXPECT_EQ(real->attempts(), 1U);
  expect_kind(ErrorKind::invalid_argument, [&] { never->done(); });
  never.reset();
  EXPECT_EQ(jobs_.taken(), 1U);
}

TEST_P(DequeTakeTest, an_item_that_is_dropped_in_an_undone_update_comes_back) {
  jobs_.extend(Numbers{1, 2});
  auto dropped = jobs_.take_front();
  auto done = jobs_.take_front();
  EXPECT_THROW(engine_->update([&](WriteTxn&) {
    dropped.reset();
    done->done();
    done.reset();
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(jobs_.snapshot(), (Numbers{1, 2}));
}

TEST_P(DequeTakeTest, a_lost_item_does_not_undo_the_update_it_is_dropped_in) {
  jobs_.push_back(1);
  auto lost = jobs_.take_front(1s);
  clock_.advance(1s);
  EXPECT_EQ(jobs_.pop_front(), 1);
  engine_->update([&](WriteTxn&) {
    jobs_.push_back(2);
    lost.reset();
  });
  EXPECT_EQ(jobs_.snapshot(), Numbers{2});
}

TEST_P(DequeTakeTest, pops_and_bring_back_see_what_is_due) {
  jobs_.extend(Numbers{1, 2, 3});
  auto first = jobs_.take_front(1s);
  auto second = jobs_.take_front(2s);
  clock_.advance(1s);
  EXPECT_EQ(jobs_.pop_front(), 1);
  clock_.advance(1s);
  EXPECT_EQ(jobs_.bring_back(), 1U);
  EXPECT_EQ(jobs_.snapshot(), (Numbers{2, 3}));
}

TEST_P(DequeTakeTest, reverse_turns_places_round_and_rotate_leaves_them) {
  jobs_.extend(Numbers{1, 2, 3, 4});
  auto first = jobs_.take_front();
  jobs_.reverse();
  first->give_back();
  EXPECT_EQ(jobs_.snapshot(), (Numbers{4, 3, 2, 1}));
  auto end = jobs_.take_front();
  jobs_.rotate(-1);
  end->give_back();
  EXPECT_EQ(jobs_.snapshot(), (Numbers{4, 2, 1, 3}));
}

TEST_P(DequeTakeTest, a_wait_ends_when_an_item_is_given_back_or_its_lease_is_over) {
  jobs_.push_back(1);
  auto first = jobs_.take_front(1h);
  EXPECT_EQ(jobs_.take_back_within(1ms), std::nullopt);
  std::thread consumer([&] {
    for (int i = 0; i < 2; ++i) {
      auto again = jobs_.take_front_within(far_too_long, 1h);
      ASSERT_TRUE(again);
      if (i == 1) again->done();
    }
  });
  const auto start = std::chrono::steady_clock::now();
  first->give_back();
  consumer.join();
  jobs_.push_back(2);
  first = jobs_.take_front(1h);
  std::thread late([&] { EXPECT_EQ(jobs_.pop_front_within(far_too_long), 2); });
  clock_.advance(1h);
  late.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, far_too_long);
  expect_kind(ErrorKind::invalid_argument, [&] { first->done(); });
}

class DequeTakeProcesses : public testing::Test {
 protected:
  /// A process that has the first job, and hangs.
  [[nodiscard]] Child taker(int jobs = 1) {
    ChannelPair line;
    Child child([&] {
      line.parent.close();
      Deque<int> deque(open_lmdb({.path = dir_ / "db"}), "jobs");
      std::vector<Taken<int>> taken;
      taken.reserve(static_cast<std::size_t>(jobs));
      for (int i = 0; i < jobs; ++i) taken.push_back(*deque.take_front());
      line.child.send("taken");
      static_cast<void>(line.child.receive());
      return 0;
    });
    line.child.close();
    EXPECT_EQ(line.parent.receive(), "taken");
    lines_.push_back(std::move(line.parent));
    return child;
  }

  TempDir dir_{memory_folder()};
  std::vector<Channel> lines_;
};

TEST_F(DequeTakeProcesses, what_a_killed_process_took_comes_back_with_the_next_take) {
  Deque<int>(open_lmdb({.path = dir_ / "db"}), "jobs").extend(Numbers{1, 2, 3, 4});
  Child worker = taker(2);
  Deque<int> jobs(open_lmdb({.path = dir_ / "db"}), "jobs");
  auto third = jobs.take_front();
  EXPECT_EQ(**third, 3);
  worker.kill(SIGKILL);
  worker.wait();
  auto first = jobs.take_front();
  EXPECT_EQ(**first, 1);
  EXPECT_EQ(first->attempts(), 2U);
  EXPECT_EQ(jobs.snapshot(), (Numbers{2, 4}));
  EXPECT_EQ(jobs.taken(), 2U);
}

TEST_F(DequeTakeProcesses, what_a_container_died_with_comes_back) {
  if (!can_contain()) GTEST_SKIP() << "this machine does not let the test make containers";
  Deque<int> jobs(open_lmdb({.path = dir_ / "db"}), "jobs");
  jobs.push_back(1);
  ChannelPair line;
  Child worker = start_container([&] {
    line.parent.close();
    const auto taken = Deque<int>(open_lmdb({.path = dir_ / "db"}), "jobs").take_front();
    line.child.send("taken");
    static_cast<void>(line.child.receive());  // until killed
    return 0;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "taken");
  EXPECT_FALSE(jobs.take_front_within(0ms));
  worker.kill(SIGKILL);
  EXPECT_EQ(jobs.pop_front_within(far_too_long), 1);
}

TEST_F(DequeTakeProcesses, a_process_that_ends_gives_up_what_it_took) {
  Deque<int>(open_lmdb({.path = dir_ / "db"}), "jobs").push_back(1);
  EXPECT_TRUE(run_in_child([&] {
                Deque<int> jobs(open_lmdb({.path = dir_ / "db"}), "jobs");
                auto* forgotten = new Taken<int>(*jobs.take_front());
                return forgotten->attempts() == 1 ? 0 : 1;
              }).is_good());
  Deque<int> jobs(open_lmdb({.path = dir_ / "db"}), "jobs");
  EXPECT_EQ(jobs.pop_front(), 1);
}

TEST_F(DequeTakeProcesses, who_waits_wakes_soon_after_a_death) {
  Deque<int> jobs(open_lmdb({.path = dir_ / "db"}), "jobs");
  constexpr int deaths = 12;
  std::chrono::steady_clock::duration waited{};
  for (int i = 0; i < deaths; ++i) {
    jobs.push_back(i);
    Child worker = taker();
    std::chrono::steady_clock::time_point woken;
    std::promise<pid_t> begun;
    std::thread waiter([&] {
      begun.set_value(::gettid());
      auto taken = jobs.take_front_within(far_too_long);
      woken = std::chrono::steady_clock::now();
      ASSERT_TRUE(taken);
      taken->done();
    });
    wait_until_asleep(begun.get_future().get());
    const auto killed = std::chrono::steady_clock::now();
    worker.kill(SIGKILL);
    worker.wait();
    waiter.join();
    waited += woken - killed;
  }
  // 25 milliseconds each; generous for a machine that does other things.
  EXPECT_LT(waited, deaths * 400ms);
}

TEST_F(DequeTakeProcesses, the_child_of_a_fork_has_no_right_to_what_its_parent_took) {
  Deque<int> jobs(open_lmdb({.path = dir_ / "db"}), "jobs");
  jobs.push_back(1);
  std::optional<Taken<int>> taken = jobs.take_front();
  EXPECT_TRUE(run_in_child([&] {
                try {
                  taken->done();
                } catch (const Error& error) {
                  taken.reset();
                  return error.kind() == ErrorKind::invalid_argument && jobs.taken() == 1 ? 0 : 1;
                }
                return 2;
              }).is_good());
  EXPECT_EQ(jobs.taken(), 1U);
  taken->done();
  EXPECT_TRUE(jobs.empty());
}

TEST_F(DequeTakeProcesses, what_was_taken_before_the_machine_was_started_again_comes_back) {
  {
    Deque<int> jobs(open_lmdb({.path = dir_ / "db"}, {.boot_id = "the first"}), "jobs");
    jobs.push_back(1);
    // Not given back, as if the power had gone.
    EXPECT_TRUE(run_in_child([&] {
                  auto* forgotten = new Taken<int>(*jobs.take_front());
                  return forgotten->attempts() == 1 ? 0 : 1;
                }).is_good());
  }
  Deque<int> jobs(open_lmdb({.path = dir_ / "db"}, {.boot_id = "the second"}), "jobs");
  EXPECT_EQ(jobs.take_front()->attempts(), 2U);
}

}  // namespace
}  // namespace larder::test
