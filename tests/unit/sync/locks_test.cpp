// SPDX-License-Identifier: Apache-2.0

// Looking at locks, and taking them away.

#include "larder/sync/locks.h"

#include <unistd.h>

#include <csignal>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "larder/sync/lock.h"
#include "larder/sync/rlock.h"
#include "larder/sync/rw_lock.h"
#include "larder/sync/semaphore.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "sync_fixture.h"

namespace larder::test {
namespace {

class LocksTest : public SyncSuite {};
LARDER_SYNC_SUITE(LocksTest);

using ProcessLocksTest = LocksTest;
INSTANTIATE_TEST_SUITE_P(Engines, ProcessLocksTest, testing::Values(lmdb_engine()), engine_name);

TEST_P(LocksTest, are_listed_with_holders_and_waiters) {
  EXPECT_TRUE(list_locks(engine()).empty());
  Lock lock(engine(), "name");
  std::thread waiter;
  {
    const std::lock_guard guard(lock);
    waiter = std::thread([&] { const std::lock_guard waiting(lock); });
    wait_for_waiters(lock, 1);
    const std::vector<LockParty> all = list_locks(engine());
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "\"name\"");
    EXPECT_EQ(all[0].kind, LockKind::lock);
    EXPECT_EQ(all[0].process, ::getpid());
    EXPECT_EQ(all[0].thread, ::gettid());
    EXPECT_EQ(all[0].token, lock.token());
    EXPECT_FALSE(all[0].is_waiting || all[0].has_ended);
    EXPECT_GT(all[0].since, Clock::system().now() - long_time);
    EXPECT_TRUE(all[1].is_waiting);
    EXPECT_EQ(all[1].token, 0U);
    EXPECT_NE(all[1].thread, all[0].thread);
  }
  waiter.join();
  EXPECT_TRUE(list_locks(engine()).empty());
}

TEST_P(LocksTest, that_are_broken_go_to_the_next_and_guards_end_well) {
  Lock lock(engine(), "name");
  const std::lock_guard guard(lock);
  const std::uint64_t token = lock.token();
  std::thread waiter([&] {
    const std::lock_guard next(lock);
    EXPECT_GT(lock.token(), token);
  });
  wait_for_waiters(lock, 1);
  EXPECT_EQ(break_lock(engine(), LockKind::semaphore, "name"), 0U);
  EXPECT_EQ(break_lock(engine(), LockKind::lock, "name"), 1U);
  waiter.join();
  EXPECT_FALSE(lock.is_held());
  EXPECT_EQ(lock.token(), token);
  expect_kind(ErrorKind::invalid_argument, [&] { lock.lock(); });
}

TEST_P(LocksTest, of_several_holders_are_broken_for_all) {
  Semaphore permits(engine(), "name", 3);
  for (int i = 0; i < 3; ++i) permits.lock();
  EXPECT_EQ(break_lock(engine(), LockKind::semaphore, "name"), 3U);
  EXPECT_FALSE(permits.is_held());
  for (int i = 0; i < 3; ++i) permits.unlock();

  RLock again(engine(), "name");
  again.lock();
  again.lock();
  EXPECT_EQ(break_lock(engine(), LockKind::recursive_lock, "name"), 1U);
  expect_kind(ErrorKind::invalid_argument, [&] { again.lock(); });
  again.unlock();
  again.unlock();

  RWLock readers(engine(), "name");
  const std::shared_lock reading(readers);
  EXPECT_EQ(break_lock(engine(), LockKind::rw_lock, "name"), 1U);
  EXPECT_TRUE(list_locks(engine()).empty());
}

TEST_P(ProcessLocksTest, of_the_dead_are_told_apart) {
  Child owner = start_owner(engine());
  const auto only = [&] {
    const std::vector<LockParty> all = list_locks(engine());
    return all.size() == 1 ? all.front() : LockParty{};
  };
  EXPECT_EQ(only().process, owner.pid());
  EXPECT_FALSE(only().has_ended);
  owner.kill(SIGKILL);
  EXPECT_EQ(owner.wait().signal, SIGKILL);
  EXPECT_TRUE(only().has_ended);
}

}  // namespace
}  // namespace larder::test
