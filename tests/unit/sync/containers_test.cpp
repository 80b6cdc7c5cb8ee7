// SPDX-License-Identifier: Apache-2.0

// Processes that number processes otherwise (containers) see that those died who held something.

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "larder/sync/barrier.h"
#include "larder/sync/lock.h"
#include "larder/sync/locks.h"
#include "larder/sync/once.h"
#include "larder/sync/rlock.h"
#include "larder/sync/rw_lock.h"
#include "larder/sync/semaphore.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/container.h"
#include "support/expect_kind.h"
#include "sync_fixture.h"

namespace larder::test {
namespace {

class ContainersTest : public SyncSuite {
 protected:
  void SetUp() override {
    if (!can_contain()) GTEST_SKIP() << "this machine does not let the test make containers";
  }
  void TearDown() override { end(); }

  /// A container in which `hold` was called, and that hangs then.
  void start(const std::function<void(const EnginePtr&)>& hold) {
    ChannelPair line;
    holder_.emplace(start_container([&] {
      line.parent.close();
      const EnginePtr inside = open();
      hold(inside);
      line.child.send("have it");
      static_cast<void>(line.child.receive());  // until killed
      return 0;
    }));
    line.child.close();
    ASSERT_EQ(line.parent.receive(), "have it");
    line_.emplace(std::move(line.parent));
  }
  void end() {
    if (holder_) holder_->kill(SIGKILL);
    holder_.reset();
    line_.reset();
  }

  /// Expects that `locked` is held in a container until that ends.
  template <typename Lockable>
  void expect_free_after_death(Lockable locked, const std::function<void(const EnginePtr&)>& hold) {
    start(hold);
    EXPECT_FALSE(locked.try_lock());
    end();
    ASSERT_TRUE(locked.try_lock_for(long_time));
    locked.unlock();
  }

 private:
  std::optional<Child> holder_;
  std::optional<Channel> line_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ContainersTest, testing::Values(lmdb_engine()), engine_name);

TEST_P(ContainersTest, locks_of_the_dead_are_free) {
  expect_free_after_death(Lock(engine(), "name"),
                          [](const EnginePtr& inside) { Lock(inside, "name").lock(); });
  expect_free_after_death(RLock(engine(), "name"), [](const EnginePtr& inside) {
    RLock again(inside, "name");
    again.lock();
    again.lock();
  });
  expect_free_after_death(Semaphore(engine(), "name", 2), [](const EnginePtr& inside) {
    Semaphore permits(inside, "name", 2);
    permits.lock();
    permits.lock();
  });
  expect_free_after_death(RWLock(engine(), "name"),
                          [](const EnginePtr& inside) { RWLock(inside, "name").lock_shared(); });
}

TEST_P(ContainersTest, a_container_gets_what_somebody_outside_of_it_died_with) {
  const Child owner = start_owner(engine());
  ChannelPair inside;
  Child waiter = start_container([&] {
    inside.parent.close();
    Lock lock(open(), "name");
    if (lock.try_lock()) return 1;
    inside.child.send("waits");
    return lock.try_lock_for(long_time) ? 0 : 2;
  });
  inside.child.close();
  ASSERT_EQ(inside.parent.receive(), "waits");
  owner.kill(SIGKILL);
  const ChildEnd end = waiter.wait();
  EXPECT_TRUE(end.is_good()) << end;
}

TEST_P(ContainersTest, what_somebody_died_of_doing_once_is_done_by_the_next) {
  ChannelPair line;
  Child first = start_container([&] {
    line.parent.close();
    Once(open(), "name").call([&] {
      line.child.send("begun");
      static_cast<void>(line.child.receive());  // until killed
    });
    return 0;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "begun");
  first.kill(SIGKILL);
  EXPECT_TRUE(Once(engine(), "name").call([] {}));
}

TEST_P(ContainersTest, a_barrier_breaks) {
  start([](const EnginePtr& inside) { Barrier(inside, "name", 2).join(); });
  Barrier barrier(engine(), "name", 2);
  std::thread killer([&] {
    wait_for_waiters(barrier, 1);
    end();
  });
  expect_kind(ErrorKind::unavailable, [&] { (void)barrier.arrive_and_wait_for(long_time); });
  killer.join();
}

TEST_P(ContainersTest, are_told_apart_in_the_list) {
  Lock mine(engine(), "mine");
  const std::lock_guard guard(mine);
  start([](const EnginePtr& inside) { Lock(inside, "theirs").lock(); });
  const auto party = [&](const char* name) {
    for (const LockParty& found : list_locks(engine())) {
      if (found.name == Key(name).to_string()) return found;
    }
    return LockParty{};
  };
  EXPECT_FALSE(party("mine").is_elsewhere);
  EXPECT_TRUE(party("theirs").is_elsewhere);
  EXPECT_EQ(party("theirs").process, 1);
  EXPECT_FALSE(party("theirs").has_ended);
  end();
  Lock theirs(engine(), "theirs");
  EXPECT_TRUE(theirs.try_lock_for(long_time));
  EXPECT_EQ(party("theirs").is_elsewhere, false);
}

}  // namespace
}  // namespace larder::test
