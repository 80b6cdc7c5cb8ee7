// SPDX-License-Identifier: Apache-2.0

// What is done once, whoever else comes, throws or dies.

#include "larder/sync/once.h"

#include <atomic>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "larder/sync/counter.h"
#include "larder/sync/lock.h"
#include "larder/sync/locks.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "sync_fixture.h"

namespace larder::test {
namespace {

class OnceTest : public SyncSuite {
 protected:
  [[nodiscard]] Once once(const char* name = "name") const { return {engine(), name}; }
  void wait_for_waiting(std::size_t count) const {
    for (;;) {
      std::size_t waiting = 0;
      for (const LockParty& party : list_locks(engine())) {
        waiting += static_cast<std::size_t>(party.is_waiting);
      }
      if (waiting == count) return;
      std::this_thread::yield();
    }
  }
};
LARDER_SYNC_SUITE(OnceTest);

using ProcessOnceTest = OnceTest;
INSTANTIATE_TEST_SUITE_P(Engines, ProcessOnceTest, testing::Values(lmdb_engine()), engine_name);

TEST_P(OnceTest, is_done_by_the_first_who_calls) {
  EXPECT_FALSE(once().is_done());
  int calls = 0;
  EXPECT_TRUE(once().call([&] { ++calls; }));
  EXPECT_TRUE(once().is_done());
  EXPECT_FALSE(once().call([&] { ++calls; }));
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(once("other").is_done());
}

TEST_P(OnceTest, is_done_again_after_a_reset) {
  EXPECT_FALSE(once().reset());
  once().call([] {});
  EXPECT_TRUE(once().reset());
  EXPECT_FALSE(once().is_done());
  EXPECT_TRUE(once().call([] {}));
}

TEST_P(OnceTest, all_others_wait_until_it_is_done) {
  std::atomic<bool> is_made{false};
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const bool mine = once().call([&] {
        wait_for_waiting(3);
        is_made = true;
      });
      EXPECT_TRUE(is_made);
      made += static_cast<int>(mine);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
}

TEST_P(OnceTest, is_not_done_by_who_throws) {
  EXPECT_THROW(once().call([] { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_FALSE(once().is_done());
  EXPECT_TRUE(once().call([] {}));
}

TEST_P(OnceTest, called_inside_itself_is_refused) {
  expect_kind(ErrorKind::invalid_argument, [&] { once().call([&] { once().call([] {}); }); });
  EXPECT_TRUE(once().call([] {}));
}

TEST_P(OnceTest, has_its_name_beside_locks) {
  Lock lock(engine(), "name");
  const std::lock_guard guard(lock);
  EXPECT_TRUE(once().call([] {}));
}

TEST_P(ProcessOnceTest, is_done_once_by_all_processes_and_stays_done) {
  Counter calls(engine(), "calls");
  std::vector<Child> children;
  children.reserve(4);
  for (int i = 0; i < 4; ++i) {
    children.emplace_back([&] {
      once().call([&] { calls.add(); });
      return calls.get() == 1 ? 0 : 1;
    });
  }
  for (Child& child : children) EXPECT_TRUE(child.wait().is_good());
  reopen({.boot_id = "another boot"});
  EXPECT_FALSE(once().call([] {}));
}

TEST_P(ProcessOnceTest, is_done_by_the_next_if_one_is_killed) {
  ChannelPair line;
  Child child([&] {
    line.parent.close();
    once().call([&] {
      line.child.send("inside");
      static_cast<void>(line.child.receive());  // until killed
    });
    return 0;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "inside");
  std::thread next([&] { EXPECT_TRUE(once().call([] {})); });
  wait_for_waiting(1);
  child.kill(SIGKILL);
  next.join();
  EXPECT_TRUE(once().is_done());
}

}  // namespace
}  // namespace larder::test
