// SPDX-License-Identifier: Apache-2.0

// Locks between processes that are killed at any moment.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>

#include "larder/core/random.h"
#include "larder/sync/lock.h"
#include "larder/sync/rw_lock.h"
#include "larder/sync/semaphore.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

constexpr std::size_t processes = 8;

enum class Presence : std::uint8_t { outside, sharing, alone };

/// What the processes see of each other, whatever the locks do.
struct Witness {
  std::atomic<std::uint64_t> acquisitions{0};
  std::atomic<std::uint64_t> broken{0};  ///< How often more were inside than may be.
  std::atomic<std::uint64_t> stale_tokens{0};
  std::atomic<std::uint64_t> last_token{0};
  std::uint64_t plain = 0;  ///< Not atomic: who adds to it must be alone.
  std::array<std::atomic<Presence>, processes> inside{};
  /// Processes that may have been killed since they were started.
  std::array<std::atomic<bool>, processes> doomed{};

  [[nodiscard]] std::size_t living(std::size_t me, Presence presence) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < processes; ++i) {
      count += static_cast<std::size_t>(i != me && inside[i] == presence && !doomed[i]);
    }
    return count;
  }
  /// To be called by who has the lock.
  void enter(std::size_t me, Presence presence, std::size_t most_sharing) {
    inside[me] = presence;
    const std::size_t may_share = presence == Presence::alone ? 0 : most_sharing - 1;
    if (living(me, Presence::alone) != 0 || living(me, Presence::sharing) > may_share) ++broken;
    std::this_thread::yield();
    inside[me] = Presence::outside;
    ++acquisitions;
  }
};

/// Runs `visit(witness, me)` again and again in all processes, and kills one after the other.
/// Returns how many were killed.
template <typename Visit>
std::uint64_t run_and_kill(Witness& witness, std::uint64_t wanted, Visit visit) {
  std::array<std::optional<Child>, processes> children;
  const auto start = [&](std::size_t i) {
    witness.inside[i] = Presence::outside;
    witness.doomed[i] = false;
    children[i].emplace([&] {
      while (witness.acquisitions < wanted) visit(witness, i);
      return 0;
    });
  };
  for (std::size_t i = 0; i < processes; ++i) start(i);
  Random random(seed());
  std::uint64_t kills = 0;
  while (witness.acquisitions < wanted) {
    // Each kill comes a little after the one before, in whatever the child does then.
    const std::uint64_t next = witness.acquisitions + random.below(500);
    while (witness.acquisitions < std::min(next, wanted)) std::this_thread::yield();
    const std::size_t i = random.below(processes);
    witness.doomed[i] = true;
    children[i]->kill(SIGKILL);
    static_cast<void>(children[i]->wait());
    children[i].reset();
    ++kills;
    start(i);
  }
  for (auto& child : children) EXPECT_TRUE(child->wait().is_good());
  EXPECT_EQ(witness.broken, 0U);
  EXPECT_GT(kills, wanted / 1000);
  std::printf("%llu acquisitions, %llu kills, %llu times too many inside\n",
              static_cast<unsigned long long>(witness.acquisitions),
              static_cast<unsigned long long>(kills),
              static_cast<unsigned long long>(witness.broken));
  return kills;
}

class SyncStress : public testing::Test {
 protected:
  template <typename Lockable>
  static void expect_free(Lockable& lock) {
    ASSERT_TRUE(lock.try_lock_for(std::chrono::seconds{60}));
    EXPECT_EQ(lock.waiting(), 0U);
    lock.unlock();
  }

  TempDir dir_{memory_folder()};
  EnginePtr engine_ = open_lmdb({.path = dir_ / "engine"});
  SharedBlock<Witness> witness_;
};

TEST_F(SyncStress, lock_has_one_owner_while_owners_and_waiters_are_killed) {
  Lock lock(engine_, "name");
  const auto visit = [&](Witness& witness, std::size_t me) {
    const std::lock_guard guard(lock);
    if (lock.token() <= witness.last_token.exchange(lock.token())) ++witness.stale_tokens;
    ++witness.plain;
    witness.enter(me, Presence::alone, 1);
  };
  const std::uint64_t kills = run_and_kill(*witness_, rounds(100'000, 1'000'000), visit);
  EXPECT_EQ(witness_->stale_tokens, 0U);
  // Who is killed between the two counts only here.
  EXPECT_GE(witness_->plain, witness_->acquisitions);
  EXPECT_LE(witness_->plain, witness_->acquisitions + kills);
  expect_free(lock);
}

TEST_F(SyncStress, rw_lock_keeps_writers_alone_while_processes_are_killed) {
  RWLock lock(engine_, "name");
  run_and_kill(*witness_, rounds(50'000, 500'000), [&](Witness& witness, std::size_t me) {
    if (witness.acquisitions % 4 == 0) {
      const std::lock_guard guard(lock);
      witness.enter(me, Presence::alone, processes);
    } else {
      const std::shared_lock guard(lock);
      witness.enter(me, Presence::sharing, processes);
    }
  });
  expect_free(lock);
}

TEST_F(SyncStress, semaphore_lets_in_so_many_while_processes_are_killed) {
  Semaphore permits(engine_, "name", 3);
  run_and_kill(*witness_, rounds(50'000, 500'000), [&](Witness& witness, std::size_t me) {
    const std::lock_guard guard(permits);
    witness.enter(me, Presence::sharing, 3);
  });
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(permits.try_lock_for(std::chrono::seconds{60}));
  }
  EXPECT_FALSE(permits.try_lock());
  for (int i = 0; i < 3; ++i) permits.unlock();
}

}  // namespace
}  // namespace larder::test
