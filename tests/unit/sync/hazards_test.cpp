// SPDX-License-Identifier: Apache-2.0

// Locks when calendars jump, devices are full or fail, and processes fork.

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "larder/sync/averager.h"
#include "larder/sync/barrier.h"
#include "larder/sync/counter.h"
#include "larder/sync/lock.h"
#include "larder/sync/once.h"
#include "larder/sync/rate_limiter.h"
#include "larder/sync/rw_lock.h"
#include "larder/sync/semaphore.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "support/faulty_io.h"
#include "sync_fixture.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

/// What must outlive the engine of a suite, and so comes before it among its bases.
template <typename Part>
struct Outliving {
  Part part;
};

class JumpingClock : private Outliving<ManualClock>, public SyncSuite {
 protected:
  JumpingClock() { reopen({.clock = &part}); }

  /// Calls `check` after each of some jumps both ways.
  template <typename Check>
  void jump(Check check) {
    const WallTime start = part.now();
    for (const std::chrono::hours hours : {5h, -5h, 24h * 4000, -24h * 4000, 0h}) {
      part.set(start + hours);
      check();
    }
  }
};
LARDER_SYNC_SUITE(JumpingClock);

TEST_P(JumpingClock, frees_no_lock_and_keeps_none) {
  Lock lock(engine(), "name");
  lock.lock();
  std::thread waiter([&] {
    lock.lock();
    lock.unlock();
  });
  wait_for_waiters(lock, 1);
  jump([&] {
    EXPECT_TRUE(lock.is_held());
    EXPECT_EQ(lock.waiting(), 1U);
    std::thread([&] { EXPECT_FALSE(lock.try_lock_for(3ms)); }).join();
  });
  lock.unlock();
  waiter.join();
  jump([&] { EXPECT_TRUE(others_get(lock)); });
}

TEST_P(JumpingClock, breaks_no_barrier) {
  Barrier barrier(engine(), "name", 2);
  barrier.join();
  bool has_met = false;
  std::thread other([&] { has_met = Barrier(engine(), "name", 2).arrive_and_wait_for(long_time); });
  wait_for_waiters(barrier, 1);
  jump([&] { EXPECT_EQ(barrier.waiting(), 1U); });
  barrier.arrive_and_wait();
  other.join();
  EXPECT_TRUE(has_met);
}

using ProcessJumpingClock = JumpingClock;
INSTANTIATE_TEST_SUITE_P(Engines, ProcessJumpingClock, testing::Values(lmdb_engine()), engine_name);

TEST_P(ProcessJumpingClock, does_not_hide_that_an_owner_died) {
  Lock lock(engine(), "name");
  jump([&] {
    ChannelPair line;
    Child child([&] {
      line.parent.close();
      lock.lock();
      line.child.send("have it");
      static_cast<void>(line.child.receive());  // until killed
      return 0;
    });
    line.child.close();
    ASSERT_EQ(line.parent.receive(), "have it");
    EXPECT_FALSE(lock.try_lock());
    child.kill(SIGKILL);
    EXPECT_TRUE(lock.try_lock_for(long_time));
    lock.unlock();
  });
}

class BadDevice : private Outliving<FaultyIo>, public SyncSuite {
 protected:
  BadDevice() { reopen({.io = &part}); }

  [[nodiscard]] FaultyIo& io() { return part; }
  void fill_up() {
    for (const char* name : {"fallocate", "pwrite", "write", "ftruncate"}) {
      part.fail_from(name, 1, ENOSPC);
    }
    part.pretend_free_bytes(0);
  }
  /// Stores until nothing more fits, however small.
  void fill_log() {
    for (const std::size_t size : {10'000U, 1'000U, 10U}) {
      int stored = 0;
      while (stored < 5000 && fits(stored % 50, std::string(size, 'f'))) ++stored;
      ASSERT_LT(stored, 5000) << "the device has no end";
    }
  }
  /// Whether a lock was to be had; if not, the device has no room and nothing is held.
  [[nodiscard]] static std::optional<std::uint64_t> token_of(Lock& lock) {
    try {
      const std::lock_guard guard(lock);
      return lock.token();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::full) << error.what();
      EXPECT_FALSE(lock.is_held());
      return std::nullopt;
    }
  }

 private:
  [[nodiscard]] bool fits(int key, const std::string& value) {
    try {
      put(*engine(), "fill" + std::to_string(key), value);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::full) << error.what();
      return false;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, BadDevice, testing::Values(lmdb_engine()), engine_name);

TEST_P(BadDevice, that_is_full_makes_no_table_and_the_next_one_is_whole) {
  fill_up();
  expect_kind(ErrorKind::full, [&] { Lock(engine(), "name"); });
  io().clear_rules();
  Lock lock(engine(), "name");
  EXPECT_TRUE(token_of(lock));
}

TEST_P(BadDevice, that_is_full_hinders_no_lock_while_there_are_tokens) {
  Lock held(engine(), "held");
  held.lock();
  Lock lock(engine(), "name");
  fill_up();
  fill_log();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(token_of(lock));
  EXPECT_FALSE(others_get(held));
  held.unlock();
  EXPECT_TRUE(others_get(held));
}

TEST_P(BadDevice, that_is_full_gives_no_tokens_and_loses_none) {
  Lock held(engine(), "held");
  held.lock();
  Lock lock(engine(), "name");
  fill_up();
  fill_log();
  std::uint64_t last = held.token();
  // More than are drawn at once.
  for (int i = 0; i < 70'000; ++i) {
    const std::optional<std::uint64_t> token = token_of(lock);
    if (!token) break;
    EXPECT_GT(*token, last);
    last = *token;
  }
  EXPECT_EQ(token_of(lock), std::nullopt);
  EXPECT_TRUE(held.is_held());
  held.unlock();
  io().clear_rules();
  EXPECT_GT(token_of(lock), last);
}

TEST_P(BadDevice, that_is_full_changes_no_number_and_gives_no_turn) {
  Counter counter(engine(), "name");
  Averager average(engine(), "name");
  RateLimiter limiter(engine(), "name", {.count = 1'000'000, .period = std::chrono::hours{1}});
  Once once(engine(), "name");
  fill_up();
  fill_log();
  // Until nothing fits any more; what was refused did not happen.
  std::int64_t counted = 0;
  const auto goes_on = [](const auto& change) {
    try {
      change();
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::full) << error.what();
      return false;
    }
  };
  while (counted < 100'000 && goes_on([&] { counter.add(); })) ++counted;
  EXPECT_EQ(counter.get(), counted);
  std::uint64_t averaged = 0;
  while (averaged < 100'000 && goes_on([&] { average.add(2); })) ++averaged;
  EXPECT_EQ(average.count(), averaged);
  EXPECT_FALSE(goes_on([&] { (void)limiter.reserve(); }) && goes_on([&] { counter.add(1); }));
  // What could not be noted as done is done again.
  const bool is_noted = goes_on([&] { once.call([] {}); });
  EXPECT_EQ(once.is_done(), is_noted);
  io().clear_rules();
  counted = counter.get();
  EXPECT_EQ(counter.add(), counted + 1);
  EXPECT_TRUE(limiter.reserve());
  EXPECT_EQ(once.call([] {}), !is_noted);
}

TEST_P(BadDevice, that_is_full_hinders_nobody_to_meet) {
  Barrier barrier(engine(), "name", 2);
  fill_up();
  fill_log();
  std::thread other([&] {
    Barrier same(engine(), "name", 2);
    EXPECT_TRUE(same.arrive_and_wait_for(long_time));
    same.leave();
  });
  EXPECT_TRUE(barrier.arrive_and_wait_for(long_time));
  barrier.leave();
  other.join();
}

TEST_P(BadDevice, that_fails_once_leaves_nothing_locked) {
  std::uint64_t last = 0;
  std::uint64_t failed = 0;
  for (std::uint64_t k = 1;; ++k) {
    ASSERT_LT(k, 1000U);
    reopen({.io = &io(), .boot_id = "boot " + std::to_string(k)});
    const std::uint64_t faults = io().faults();
    io().fail("any", k, EIO);
    try {
      Lock lock(engine(), "name");
      const std::lock_guard guard(lock);
      EXPECT_GT(lock.token(), last);
      last = lock.token();
    } catch (const Error&) {
      ++failed;
    }
    io().clear_rules();
    const bool is_over = io().faults() == faults;
    reopen({.io = &io(), .boot_id = "boot " + std::to_string(k)});
    Lock lock(engine(), "name");
    ASSERT_TRUE(lock.try_lock()) << k;
    EXPECT_GT(lock.token(), last);
    last = lock.token();
    lock.unlock();
    if (is_over) break;
  }
  EXPECT_GT(failed, 2U);
}

class ForkedProcess : public SyncSuite {};
INSTANTIATE_TEST_SUITE_P(Engines, ForkedProcess, testing::Values(lmdb_engine()), engine_name);

TEST_P(ForkedProcess, neither_has_nor_frees_what_its_parent_holds) {
  Lock lock(engine(), "name");
  Semaphore permits(engine(), "name", 1);
  RWLock readers(engine(), "name");
  const std::scoped_lock guard(lock, permits, readers);
  for (const bool is_killed : {false, true}) {
    Child child([&] {
      if (lock.is_held() || permits.is_held() || readers.is_held()) return 1;
      if (lock.try_lock() || permits.try_lock() || readers.try_lock_shared()) return 2;
      if (is_killed) ::raise(SIGKILL);
      return 0;
    });
    const ChildEnd end = child.wait();
    EXPECT_TRUE(is_killed ? end.signal == SIGKILL : end.is_good()) << end;
    EXPECT_TRUE(lock.is_held() && permits.is_held() && readers.is_held());
    EXPECT_FALSE(others_get(lock) || others_get(permits) || others_get(readers));
  }
}

TEST_P(ForkedProcess, does_not_wait_where_a_thread_of_its_parent_did) {
  Lock lock(engine(), "name");
  lock.lock();
  std::thread waiter([&] {
    lock.lock();
    lock.unlock();
  });
  wait_for_waiters(lock, 1);
  const ChildEnd end = run_in_child([&] { return lock.waiting() == 1 ? 0 : 1; });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(lock.waiting(), 1U);
  lock.unlock();
  waiter.join();
  EXPECT_TRUE(others_get(lock));
}

}  // namespace
}  // namespace larder::test
