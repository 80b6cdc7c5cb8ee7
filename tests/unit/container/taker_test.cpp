// SPDX-License-Identifier: Apache-2.0

// Whether a process that took items has ended.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <thread>
#include <vector>

#include "container/run_tree.h"
#include "container/subspace.h"
#include "container/taken_records.h"
#include "larder/engine/engine.h"
#include "support/child.h"
#include "support/shared_block.h"

namespace larder::detail {
namespace {

Taker here() { return Taker::current("this boot"); }

class TakerTest : public testing::Test {
 protected:
  /// Another process than this.
  [[nodiscard]] Taker other() const {
    Taker taker = here();
    taker.pid = child_.pid();
    while (*started_ == 0) std::this_thread::yield();
    taker.start_ticks = *started_;
    return taker;
  }

  test::SharedBlock<std::atomic<std::uint64_t>> started_;
  test::Child child_{[this] {
    *started_ = here().start_ticks;
    for (;;) ::pause();
    return 0;
  }};
};

TEST_F(TakerTest, this_process_has_not_ended) {
  EXPECT_FALSE(here().has_ended(here(), Look::brief));
  EXPECT_FALSE(here().has_ended(here(), Look::close));
}

TEST_F(TakerTest, another_process_lives) {
  EXPECT_FALSE(other().has_ended(here(), Look::brief));
  EXPECT_FALSE(other().has_ended(here(), Look::close));
}

TEST_F(TakerTest, a_number_that_is_used_again_takes_a_close_look) {
  Taker taker = other();
  ++taker.start_ticks;
  EXPECT_FALSE(taker.has_ended(here(), Look::brief));
  EXPECT_TRUE(taker.has_ended(here(), Look::close));
}

TEST_F(TakerTest, a_parent_lives) {
  EXPECT_TRUE(test::run_in_child([parent = here()] {
                const Taker child = here();
                const bool is_wrong = child == parent || parent.has_ended(child, Look::close) ||
                                      parent.has_ended(child, Look::brief);
                return is_wrong ? 1 : 0;
              }).is_good());
}

TEST_F(TakerTest, a_zombie_takes_a_close_look_and_a_free_number_does_not) {
  const Taker taker = other();
  child_.kill(SIGKILL);
  siginfo_t end{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child_.pid()), &end, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(taker.has_ended(here(), Look::brief));
  EXPECT_TRUE(taker.has_ended(here(), Look::close));
  child_.wait();
  EXPECT_TRUE(taker.has_ended(here(), Look::brief));
}

TEST_F(TakerTest, whoever_was_there_before_the_machine_was_started_again_has_ended) {
  Taker taker = here();
  taker.boot = "another boot";
  EXPECT_TRUE(taker.has_ended(here(), Look::brief));
}

TEST_F(TakerTest, nobody_can_tell_of_another_numbering_of_processes) {
  Taker taker = other();
  ++taker.process_space;
  EXPECT_FALSE(taker.has_ended(here(), Look::close));
  taker.boot = "another boot";
  EXPECT_TRUE(taker.has_ended(here(), Look::close));
}

class OwnersTest : public testing::Test {
 protected:
  /// The numbers of those that are looked at if three processes took items, and one has `taken`.
  [[nodiscard]] std::vector<std::int64_t> looked_at(std::int64_t taken) const {
    return engine_->update([&](WriteTxn& txn) {
      for (std::int64_t number = 1; number <= 3; ++number) store_taker(txn, place_, number, here());
      for (std::int64_t item = 0; item < taken; ++item) {
        store_taken(txn, place_, item, {.token = 1, .attempts = 1, .taker = 2});
      }
      std::vector<std::int64_t> numbers;
      for (const KnownTaker& owner : list_owners(txn, place_, static_cast<std::uint64_t>(taken))) {
        numbers.push_back(owner.number);
      }
      return numbers;
    });
  }

  EnginePtr engine_ = open_memory_engine();
  Subspace place_{"deque", "jobs"};
};

TEST_F(OwnersTest, only_who_has_items_is_looked_at) {
  EXPECT_EQ(looked_at(1), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(looked_at(2), (std::vector<std::int64_t>{2}));
}

TEST_F(OwnersTest, all_are_looked_at_where_there_are_more_items_than_processes) {
  EXPECT_EQ(looked_at(3), (std::vector<std::int64_t>{1, 2, 3}));
}

TEST_F(OwnersTest, a_damaged_item_has_no_owner_and_a_lost_owner_has_ended) {
  engine_->update([&](WriteTxn& txn) {
    store_taken(txn, place_, 7, {.token = 1, .attempts = 1, .taker = 9});
    store_taker(txn, place_, 1, here());
    store_taker(txn, place_, 2, here());
    txn.put(place_.key(DequeSpace::taken, 8).view(), as_bytes("nonsense"));
  });
  const auto owners = engine_->view([&](ReadTxn& txn) { return list_owners(txn, place_, 1); });
  EXPECT_EQ(find_ended(owners, here(), Look::brief), (std::vector<std::int64_t>{9}));
}

}  // namespace
}  // namespace larder::detail
