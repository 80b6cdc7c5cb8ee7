// SPDX-License-Identifier: Apache-2.0

// Locks between processes that are killed at any moment.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <optional>
#include <thread>

#include "larder/core/random.h"
#include "larder/sync/lock.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

constexpr int processes = 8;

/// What the processes see of each other, whatever the locks do.
struct Witness {
  std::atomic<std::uint64_t> acquisitions{0};
  std::atomic<std::uint64_t> doubles{0};  ///< Somebody who lives was inside as well.
  std::atomic<std::uint64_t> stale_tokens{0};
  std::atomic<std::uint64_t> inside{0};  ///< Who is: a number for each child, from 1 on.
  std::atomic<std::uint64_t> last_token{0};
  /// Children that may have been killed.
  std::array<std::atomic<bool>, 1 << 20> doomed{};
};

void visit(Lock& lock, Witness& witness, std::uint64_t number) {
  lock.lock();
  const std::uint64_t before = witness.inside.exchange(number);
  if (before != 0 && !witness.doomed[before]) ++witness.doubles;
  if (lock.token() <= witness.last_token.exchange(lock.token())) ++witness.stale_tokens;
  std::uint64_t me = number;
  if (!witness.inside.compare_exchange_strong(me, 0)) ++witness.doubles;
  ++witness.acquisitions;
  lock.unlock();
}

TEST(SyncStress, lock_has_one_owner_while_owners_and_waiters_are_killed) {
  const TempDir dir{memory_folder()};
  const EnginePtr engine = open_lmdb({.path = dir / "engine"});
  Lock lock(engine, "name");
  const SharedBlock<Witness> witness;
  const std::uint64_t wanted = rounds(100'000, 1'000'000);
  std::array<std::optional<Child>, processes> children;
  std::array<std::uint64_t, processes> numbers{};
  std::uint64_t started = 0;
  const auto start = [&](std::size_t i) {
    const std::uint64_t number = ++started;
    numbers[i] = number;
    children[i].emplace([&] {
      while (witness->acquisitions < wanted) visit(lock, *witness, number);
      return 0;
    });
  };
  for (std::size_t i = 0; i < processes; ++i) start(i);
  Random random(seed());
  std::uint64_t kills = 0;
  std::uint64_t seen = 0;
  while (witness->acquisitions < wanted) {
    // Each kill comes a little after the one before, in whatever the child does then.
    const std::uint64_t next = seen + random.below(500);
    while (witness->acquisitions < std::min(next, wanted)) std::this_thread::yield();
    seen = witness->acquisitions;
    const std::size_t i = random.below(processes);
    witness->doomed[numbers[i]] = true;
    children[i]->kill(SIGKILL);
    static_cast<void>(children[i]->wait());
    children[i].reset();
    ++kills;
    start(i);
  }
  for (auto& child : children) EXPECT_TRUE(child->wait().is_good());
  EXPECT_EQ(witness->doubles, 0U);
  EXPECT_EQ(witness->stale_tokens, 0U);
  EXPECT_GT(kills, 100U);
  ASSERT_TRUE(lock.try_lock_for(std::chrono::seconds{60}));
  EXPECT_EQ(lock.waiting(), 0U);
  lock.unlock();
}

}  // namespace
}  // namespace larder::test
