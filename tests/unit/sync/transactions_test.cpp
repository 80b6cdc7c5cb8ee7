// SPDX-License-Identifier: Apache-2.0

// Nobody waits for others inside a transaction, for the end of which they may wait.

#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <vector>

#include "larder/sync/barrier.h"
#include "larder/sync/lock.h"
#include "larder/sync/once.h"
#include "larder/sync/rate_limiter.h"
#include "larder/sync/rlock.h"
#include "larder/sync/rw_lock.h"
#include "larder/sync/semaphore.h"
#include "larder/sync/wrap.h"
#include "support/expect_kind.h"
#include "sync_fixture.h"

namespace larder::test {
namespace {

class TransactionsTest : public SyncSuite {
 protected:
  TransactionsTest() {
    // So that nothing is refused only because there is no token left.
    const std::lock_guard guard(lock);
  }

  /// Expects that `wait` is refused in an update and in a view, and possible after that.
  void expect_refused(const std::function<void()>& wait) {
    expect_kind(ErrorKind::invalid_argument, [&] { engine()->update([&](WriteTxn&) { wait(); }); });
    expect_kind(ErrorKind::invalid_argument, [&] { engine()->view([&](ReadTxn&) { wait(); }); });
    EXPECT_FALSE(engine()->is_in_transaction());
    wait();
  }

  Lock lock{engine(), "name"};
};
LARDER_SYNC_SUITE(TransactionsTest);

TEST_P(TransactionsTest, refuse_each_way_to_lock) {
  const auto expect_lock_refused = [&](auto& locked) {
    expect_refused([&] { const std::lock_guard guard(locked); });
    expect_refused([&] { EXPECT_TRUE(std::unique_lock(locked, std::try_to_lock)); });
    expect_refused([&] { EXPECT_TRUE(std::unique_lock(locked, long_time)); });
  };
  expect_lock_refused(lock);
  Semaphore permits(engine(), "name", 2);
  expect_lock_refused(permits);
  RLock again(engine(), "name");
  expect_lock_refused(again);
  RWLock both(engine(), "name");
  expect_lock_refused(both);
  expect_refused([&] {
    both.lock_shared();
    both.unlock_shared();
  });
  expect_refused([&] { exclusive([] {}, lock)(); });
}

TEST_P(TransactionsTest, may_end_what_was_locked_before_and_count_it) {
  RLock again(engine(), "name");
  RWLock both(engine(), "name");
  again.lock();
  both.lock_shared();
  lock.lock();
  engine()->update([&](WriteTxn&) {
    const std::lock_guard guard(again);
    both.lock_shared();
    both.unlock_shared();
    EXPECT_TRUE(lock.is_held());
    EXPECT_GT(lock.token(), 0U);
    lock.unlock();
  });
  both.unlock_shared();
  again.unlock();
  EXPECT_TRUE(others_get(again) && others_get(both) && others_get(lock));
}

TEST_P(TransactionsTest, of_another_engine_do_not_matter) {
  const EnginePtr other = open_memory_engine();
  other->update([&](WriteTxn&) { EXPECT_TRUE(lock.try_lock_for(long_time)); });
  EXPECT_TRUE(lock.is_held());
  lock.unlock();
}

TEST_P(TransactionsTest, refuse_to_meet) {
  Barrier barrier(engine(), "name", 1);
  expect_refused([&] { barrier.join(); });
  expect_refused([&] { barrier.arrive_and_wait(); });
  engine()->update([&](WriteTxn&) { barrier.leave(); });
  expect_refused([&] { EXPECT_TRUE(barrier.arrive_and_wait_for(long_time)); });
}

TEST_P(TransactionsTest, refuse_what_is_done_once_also_when_it_was_done) {
  Once once(engine(), "name");
  expect_refused([&] { once.call([] {}); });
  expect_refused([&] { EXPECT_FALSE(once.call([] {})); });
}

TEST_P(TransactionsTest, refuse_to_wait_for_a_turn_and_take_none) {
  std::vector<SteadyTime> waits;
  RateLimiter limiter(engine(), "name",
                      {.period = std::chrono::hours{1},
                       .wait_until = [&](SteadyTime turn) { waits.push_back(turn); }});
  const auto refuse = [&](const auto& wait) {
    expect_kind(ErrorKind::invalid_argument, [&] { engine()->update([&](WriteTxn&) { wait(); }); });
  };
  refuse([&] { limiter.acquire(); });
  refuse([&] { limiter.try_acquire_for(Duration::zero()); });
  refuse([&] { throttled([] {}, limiter)(); });
  EXPECT_TRUE(waits.empty());
  engine()->update([&](WriteTxn&) {
    EXPECT_TRUE(limiter.try_acquire());
    EXPECT_FALSE(limiter.try_acquire());
    EXPECT_TRUE(limiter.reserve());
  });
}

}  // namespace
}  // namespace larder::test
