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
#include "larder/codec/wire.h"
#include "larder/engine/engine.h"
#include "support/child.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::detail {
namespace {

Taker here() { return Taker::current("this boot", *open_memory_engine()); }

class TakerTest : public testing::Test {
 protected:
  [[nodiscard]] Engine& engine() const { return *engine_; }
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
  EnginePtr engine_ = open_memory_engine();
};

TEST_F(TakerTest, this_process_has_not_ended) {
  EXPECT_FALSE(here().has_ended(here(), engine(), Look::brief));
  EXPECT_FALSE(here().has_ended(here(), engine(), Look::close));
}

TEST_F(TakerTest, another_process_lives) {
  EXPECT_FALSE(other().has_ended(here(), engine(), Look::brief));
  EXPECT_FALSE(other().has_ended(here(), engine(), Look::close));
}

TEST_F(TakerTest, a_number_that_is_used_again_takes_a_close_look) {
  Taker taker = other();
  ++taker.start_ticks;
  EXPECT_FALSE(taker.has_ended(here(), engine(), Look::brief));
  EXPECT_TRUE(taker.has_ended(here(), engine(), Look::close));
}

TEST_F(TakerTest, a_parent_lives) {
  EXPECT_TRUE(test::run_in_child([parent = here(), this] {
                const Taker child = here();
                const bool is_wrong = child == parent ||
                                      parent.has_ended(child, engine(), Look::close) ||
                                      parent.has_ended(child, engine(), Look::brief);
                return is_wrong ? 1 : 0;
              }).is_good());
}

TEST_F(TakerTest, a_zombie_takes_a_close_look_and_a_free_number_does_not) {
  const Taker taker = other();
  child_.kill(SIGKILL);
  siginfo_t end{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child_.pid()), &end, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(taker.has_ended(here(), engine(), Look::brief));
  EXPECT_TRUE(taker.has_ended(here(), engine(), Look::close));
  child_.wait();
  EXPECT_TRUE(taker.has_ended(here(), engine(), Look::brief));
}

TEST_F(TakerTest, whoever_was_there_before_the_machine_was_started_again_has_ended) {
  Taker taker = here();
  taker.boot = "another boot";
  EXPECT_TRUE(taker.has_ended(here(), engine(), Look::brief));
}

TEST_F(TakerTest, in_another_container_is_gone_once_its_presence_is) {
  Taker taker = other();
  ++taker.process_space;
  const test::TempDir dir{test::memory_folder()};
  const EnginePtr shared = open_lmdb({.path = dir / "db"});
  taker.presence = shared->presence();
  EXPECT_FALSE(taker.has_ended(here(), *shared, Look::brief));
  ++taker.presence;
  EXPECT_TRUE(taker.has_ended(here(), *shared, Look::brief));
}

TEST_F(TakerTest, nobody_can_tell_of_another_numbering_of_processes_without_a_presence) {
  Taker taker = other();
  ++taker.process_space;
  EXPECT_FALSE(taker.has_ended(here(), engine(), Look::close));
  taker.boot = "another boot";
  EXPECT_TRUE(taker.has_ended(here(), engine(), Look::close));
}

TEST_F(TakerTest, is_the_same_process_after_it_opened_the_engine_again) {
  Taker again = here();
  ++again.presence;
  EXPECT_TRUE(again.is_same_process(here()));
  EXPECT_FALSE(other().is_same_process(here()));
}

TEST(TakerRecord, of_an_older_release_has_no_presence) {
  const EnginePtr engine = open_memory_engine();
  const Subspace place("deque", "jobs");
  const Taker older{.pid = 7, .start_ticks = 8, .process_space = 9, .boot = "boot"};
  const auto read = engine->update([&](WriteTxn& txn) {
    Bytes payload;
    WireWriter out(payload);
    out.write_array(4);
    out.write_int(older.pid);
    out.write_uint(older.start_ticks);
    out.write_uint(older.process_space);
    out.write_str(older.boot);
    Subspace::put(txn, place.key(DequeSpace::taker, 1), 0, payload);
    return list_takers(txn, place);
  });
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read.front().taker, older);
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
  EXPECT_EQ(find_ended(owners, here(), *engine_, Look::brief), (std::vector<std::int64_t>{9}));
}

}  // namespace
}  // namespace larder::detail
