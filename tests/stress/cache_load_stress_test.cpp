// SPDX-License-Identifier: Apache-2.0

// Many threads of many processes want one value that is not there, and the one that computes it may
// be killed: it is computed once for each who died and once more, and all get it.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "larder/cache/cache.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

constexpr int processes = 8;
constexpr int threads = 8;

/// What processes tell, the killed ones too.
struct Board {
  std::atomic<bool> go{false};
  std::atomic<int> ready{0};
  std::atomic<int> deaths{0};
  std::atomic<int> begun{0};
  std::atomic<int> at_once{0};
  std::atomic<int> wrong{0};
};

/// What each thread does. `may_die`: the first that computes is killed on the way.
void want(const Cache& cache_of_all, std::uint64_t round, bool may_die, Board& board) {
  Cache cache = cache_of_all;
  const auto value = cache.get_or_load(round, [&] {
    ++board.begun;
    if (++board.at_once > 1) ++board.wrong;
    if (may_die && board.deaths.fetch_add(1) == 0) {
      board.at_once = 0;
      ::kill(::getpid(), SIGKILL);
    }
    std::this_thread::yield();
    --board.at_once;
    return round * 3;
  });
  if (value != round * 3) ++board.wrong;
}

int run_process(const CacheOptions& options, std::uint64_t round, bool may_die, Board& board) {
  const Cache cache = Cache::open(options);
  std::vector<std::thread> all;
  all.reserve(threads);
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&] {
      ++board.ready;
      while (!board.go) std::this_thread::yield();
      want(cache, round, may_die, board);
    });
  }
  for (std::thread& thread : all) thread.join();
  return 0;
}

TEST(CacheLoadStress, value_is_computed_once_though_its_computer_is_killed) {
  const TempDir folder{memory_folder()};
  const CacheOptions options{.path = folder / "c", .durability = Durability::disposable};
  const Cache cache = Cache::open(options);
  const std::uint64_t count = rounds(100, 5000);
  std::uint64_t killed = 0;
  for (std::uint64_t round = 0; round < count; ++round) {
    const SharedBlock<Board> board;
    const bool may_die = round % 2 == 0;
    std::vector<Child> children;
    children.reserve(processes);
    for (int i = 0; i < processes; ++i) {
      children.emplace_back([&] { return run_process(options, round, may_die, *board); });
    }
    while (board->ready < processes * threads) std::this_thread::yield();
    board->go = true;
    int died = 0;
    for (Child& child : children) {
      const ChildEnd end = child.wait(std::chrono::minutes{2});
      ASSERT_FALSE(end.is_timed_out);
      died += end.signal == SIGKILL ? 1 : 0;
      ASSERT_TRUE(end.is_good() || end.signal == SIGKILL) << end;
    }
    ASSERT_EQ(board->wrong, 0) << "round " << round;
    ASSERT_EQ(died, may_die ? 1 : 0);
    ASSERT_EQ(board->begun, 1 + died) << "round " << round;
    killed += static_cast<std::uint64_t>(died);
  }
  EXPECT_EQ(cache.size(), count);
  std::printf("%llu values wanted by %d threads of %d processes each, %llu computers killed\n",
              static_cast<unsigned long long>(count), threads * processes, processes,
              static_cast<unsigned long long>(killed));
}

}  // namespace
}  // namespace larder::test
