// SPDX-License-Identifier: Apache-2.0

// Locks that may be had more than once: by one thread, by so many, or by all who read.

#include <algorithm>
#include <atomic>
#include <csignal>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "larder/sync/lock.h"
#include "larder/sync/rlock.h"
#include "larder/sync/rw_lock.h"
#include "larder/sync/semaphore.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "sync_fixture.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

class SharedLocks : public SyncSuite {
 protected:
  /// Runs `body` in a thread of its own.
  template <typename Body>
  static void elsewhere(Body body) {
    std::thread(body).join();
  }
};
LARDER_SYNC_SUITE(SharedLocks);

using ProcessSharedLocks = SharedLocks;
INSTANTIATE_TEST_SUITE_P(Engines, ProcessSharedLocks, testing::Values(lmdb_engine()), engine_name);

TEST_P(SharedLocks, of_one_name_but_of_different_kinds_are_different) {
  Lock lock(engine(), "name");
  RLock again(engine(), "name");
  RWLock readers(engine(), "name");
  Semaphore permits(engine(), "name", 1);
  const std::scoped_lock guard(lock, again, readers, permits);
  EXPECT_TRUE(lock.is_held() && again.is_held() && readers.is_held() && permits.is_held());
}

TEST_P(SharedLocks, rlock_is_free_once_it_was_unlocked_as_often) {
  RLock lock(engine(), "name");
  lock.lock();
  const std::uint64_t token = lock.token();
  RLock(engine(), "name").lock();
  EXPECT_TRUE(lock.try_lock());
  EXPECT_EQ(lock.token(), token);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(others_get(lock));
    lock.unlock();
  }
  EXPECT_TRUE(others_get(lock));
  expect_kind(ErrorKind::invalid_argument, [&] { lock.unlock(); });
}

TEST_P(SharedLocks, rlock_counts_by_thread) {
  RLock lock(engine(), "name");
  const std::lock_guard guard(lock);
  elsewhere([&] {
    EXPECT_FALSE(lock.try_lock_for(1ms));
    expect_kind(ErrorKind::invalid_argument, [&] { lock.unlock(); });
  });
  EXPECT_TRUE(lock.is_held());
}

TEST_P(SharedLocks, rlock_that_was_locked_twice_is_not_held_in_a_child) {
  RLock lock(engine(), "name");
  lock.lock();
  const std::lock_guard guard(lock);
  const ChildEnd end = run_in_child([&] {
    if (lock.is_held()) return 1;
    lock.unlock();
    lock.unlock();
    try {
      lock.unlock();
    } catch (const Error&) {
      return 0;
    }
    return 2;
  });
  EXPECT_TRUE(end.is_good()) << end;
  lock.unlock();
}

TEST_P(SharedLocks, semaphore_gives_so_many_permits_and_no_more) {
  Semaphore permits(engine(), "name", 3);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      Semaphore mine(engine(), "name", 3);
      for (int i = 0; i < 500; ++i) {
        const std::lock_guard guard(mine);
        const int now = ++inside;
        EXPECT_LE(now, 3);
        most = std::max<int>(most, now);
        std::this_thread::yield();
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(most, 1);
  EXPECT_EQ(permits.waiting(), 0U);
}

TEST_P(SharedLocks, semaphore_takes_back_only_what_the_thread_took) {
  Semaphore permits(engine(), "name", 2);
  permits.lock();
  permits.lock();
  EXPECT_FALSE(permits.try_lock());
  elsewhere([&] { expect_kind(ErrorKind::invalid_argument, [&] { permits.unlock(); }); });
  permits.unlock();
  EXPECT_TRUE(others_get(permits));
  permits.unlock();
  expect_kind(ErrorKind::invalid_argument, [&] { permits.unlock(); });
}

TEST_P(SharedLocks, semaphore_has_the_same_number_of_permits_for_all) {
  expect_kind(ErrorKind::invalid_argument, [&] { Semaphore(engine(), "name", 0); });
  Semaphore permits(engine(), "name", 2);
  Semaphore other(engine(), "name", 3);
  {
    const std::lock_guard guard(permits);
    expect_kind(ErrorKind::invalid_argument, [&] { other.lock(); });
  }
  EXPECT_TRUE(others_get(other));
}

TEST_P(SharedLocks, rw_lock_has_many_readers_or_one_writer) {
  RWLock lock(engine(), "name");
  {
    const std::shared_lock reading(lock);
    elsewhere([&] {
      const std::shared_lock also(lock, std::try_to_lock);
      EXPECT_TRUE(also.owns_lock());
      EXPECT_TRUE(lock.is_held());
      expect_kind(ErrorKind::invalid_argument, [&] { lock.unlock(); });
    });
    EXPECT_FALSE(others_get(lock));
  }
  const std::lock_guard writing(lock);
  elsewhere([&] {
    EXPECT_FALSE(lock.try_lock_shared());
    EXPECT_FALSE(lock.try_lock_shared_for(1ms));
    EXPECT_FALSE(lock.try_lock_shared_until(Clock::system().steady_now() + 1ms));
    EXPECT_FALSE(lock.try_lock());
  });
}

TEST_P(SharedLocks, rw_lock_serves_readers_and_writers_in_the_order_of_asking) {
  RWLock lock(engine(), "name");
  std::string order;
  Lock note(engine(), "order");
  std::vector<std::thread> threads;
  lock.lock_shared();
  std::size_t asking = 0;
  for (const char who : std::string("WrrWr")) {
    threads.emplace_back([&, who] {
      if (who == 'W') {
        const std::lock_guard writing(lock);
        order += who;
      } else {
        const std::shared_lock reading(lock);
        const std::lock_guard guard(note);
        order += who;
      }
    });
    wait_for_waiters(lock, ++asking);
  }
  elsewhere([&] { EXPECT_FALSE(lock.try_lock_shared()); });  // a writer waits already
  lock.unlock_shared();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, "WrrWr");
}

TEST_P(SharedLocks, rw_lock_lets_a_reader_read_again_though_a_writer_waits) {
  RWLock lock(engine(), "name");
  lock.lock_shared();
  std::thread writer([&] {
    lock.lock();
    lock.unlock();
  });
  wait_for_waiters(lock, 1);
  lock.lock_shared();
  expect_kind(ErrorKind::invalid_argument, [&] { lock.lock(); });
  lock.unlock_shared();
  EXPECT_EQ(lock.waiting(), 1U);
  lock.unlock_shared();
  writer.join();
  lock.lock();
  expect_kind(ErrorKind::invalid_argument, [&] { lock.lock_shared(); });
  expect_kind(ErrorKind::invalid_argument, [&] { lock.unlock_shared(); });
  lock.unlock();
}

TEST_P(SharedLocks, readers_behind_a_writer_that_gave_up_read) {
  RWLock lock(engine(), "name");
  lock.lock_shared();
  std::atomic<bool> is_over{false};
  std::thread writer([&] {
    while (!is_over) {
      EXPECT_FALSE(lock.try_lock_for(5ms));
    }
  });
  for (int i = 0; i < 20; ++i) {
    elsewhere([&] {
      EXPECT_TRUE(lock.try_lock_shared_for(long_time));
      lock.unlock_shared();
    });
  }
  is_over = true;
  writer.join();
  lock.unlock_shared();
}

TEST_P(ProcessSharedLocks, semaphore_of_the_dead_may_have_another_number_of_permits_now) {
  const ChildEnd end = run_in_child([&] {
    Semaphore(engine(), "name", 2).lock();
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_TRUE(others_get(Semaphore(engine(), "name", 3)));
}

TEST_P(ProcessSharedLocks, what_killed_processes_had_is_free_again) {
  RWLock lock(engine(), "name");
  Semaphore permits(engine(), "name", 2);
  for (int round = 0; round < 5; ++round) {
    ChannelPair line;
    Child child([&] {
      line.parent.close();
      permits.lock();
      permits.lock();
      lock.lock_shared();
      line.child.send("have it");
      static_cast<void>(line.child.receive());  // until killed
      return 0;
    });
    line.child.close();
    ASSERT_EQ(line.parent.receive(), "have it");
    EXPECT_FALSE(permits.try_lock());
    EXPECT_FALSE(lock.try_lock());
    child.kill(SIGKILL);
    EXPECT_TRUE(lock.try_lock_for(long_time));
    EXPECT_TRUE(permits.try_lock_for(long_time));
    EXPECT_TRUE(permits.try_lock_for(long_time));
    lock.unlock();
    permits.unlock();
    permits.unlock();
  }
}

}  // namespace
}  // namespace larder::test
