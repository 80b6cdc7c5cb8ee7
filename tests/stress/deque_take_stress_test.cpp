// SPDX-License-Identifier: Apache-2.0

// Consumers take jobs and are killed at random moments, and hang now and then. What each was told
// is kept in memory that outlives it. At the end every job was acknowledged once or is a dead
// letter.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <thread>
#include <vector>

#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "larder/core/error.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t consumers = 6;
constexpr std::uint64_t max_attempts = 4;
constexpr int most_jobs = 2'000'000;
constexpr int in_stock = 40;

/// What is known of a job, whatever the deque says.
struct Job {
  std::atomic<std::uint32_t> begun{0};     ///< Takings that a consumer got to see.
  std::atomic<std::uint32_t> ended{0};     ///< Acknowledgements that returned.
  std::atomic<std::uint32_t> attempts{0};  ///< Which numbers of attempts were told, one bit each.
};

struct Board {
  std::array<Job, most_jobs> jobs;
  std::atomic<int> pushed{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> again{0};  ///< Takings of what had been taken before.
  std::atomic<std::uint64_t> lost{0};   ///< Acknowledgements that were refused.
  std::atomic<std::uint64_t> wrong{0};  ///< Attempts or tokens that cannot be.
  std::atomic<bool> is_over{false};
};

/// Jobs that nobody can do: all of them become dead letters.
constexpr bool is_impossible(int job) { return job % 50 == 0; }

struct Store {
  EnginePtr engine;
  Deque<int> jobs{engine, "jobs", {.max_attempts = max_attempts}};
  Index<int, std::uint64_t> results{engine, "results"};
};

/// Some jobs are never acknowledged, some by who is too late.
void consume(Store& store, Board& board, Random& random) {
  auto taken = store.jobs.take_front_within(100ms, 20ms);
  if (!taken) return;
  Job& job = board.jobs[static_cast<std::size_t>(**taken)];
  ++job.begun;
  const std::uint64_t attempts = taken->attempts();
  if (attempts == 0 || attempts > max_attempts) ++board.wrong;
  if (attempts > 1) ++board.again;
  const std::uint32_t bit = 1U << (attempts % 32);
  if ((job.attempts.fetch_or(bit) & bit) != 0) ++board.wrong;
  if (is_impossible(**taken)) return;
  const std::uint64_t chance = random.below(100);
  // sleeps: it is the consumer that hangs for longer than its lease
  if (chance < 3) std::this_thread::sleep_for(30ms);
  try {
    if (chance == 3) return taken->give_back();
    store.engine->update([&](WriteTxn&) {
      taken->done();
      if (!store.results.add(**taken, taken->token())) ++board.wrong;
    });
    ++job.ended;
    ++board.done;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid_argument) throw;
    ++board.lost;
  }
}

int run_consumer(const std::filesystem::path& path, Board& board, std::uint64_t seed) {
  Store store{.engine = open_lmdb({.path = path, .map_bytes = std::uint64_t{1} << 30U})};
  Random random(seed);
  while (!board.is_over) consume(store, board, random);
  return 0;
}

class DequeTakeStress : public testing::Test {
 protected:
  void start(std::size_t i) {
    children_[i].emplace(
        [&, seed = random_.below(UINT64_MAX)] { return run_consumer(path_, *board_, seed); });
  }

  /// Keeps some jobs in stock, and kills one consumer after the other.
  void run(std::uint64_t kills) {
    for (std::size_t i = 0; i < consumers; ++i) start(i);
    for (std::uint64_t killed = 0; killed < kills; ++killed) {
      const std::uint64_t wanted = board_->done + random_.below(60);
      while (board_->done < wanted && board_->pushed < most_jobs) {
        refill();
        std::this_thread::yield();
      }
      const std::size_t i = random_.below(consumers);
      children_[i]->kill(SIGKILL);
      static_cast<void>(children_[i]->wait());
      start(i);
    }
    drain();
  }

  void refill() {
    while (store_.jobs.size() < in_stock && board_->pushed < most_jobs) {
      const int job = board_->pushed;
      store_.jobs.push_back(job);
      board_->pushed = job + 1;
    }
  }

  void drain() {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (store_.jobs.size() + store_.jobs.taken() > 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "jobs do not come back";
      std::this_thread::yield();
    }
    board_->is_over = true;
    for (auto& child : children_) EXPECT_TRUE(child->wait().is_good());
  }

  void check() {
    EXPECT_EQ(board_->wrong, 0U);
    std::vector<int> dead = store_.jobs.dead_letters().snapshot();
    std::ranges::sort(dead);
    EXPECT_EQ(std::ranges::adjacent_find(dead), dead.end());
    std::uint64_t dead_found = 0;
    for (int i = 0; i < board_->pushed; ++i) {
      const Job& job = board_->jobs[static_cast<std::size_t>(i)];
      const bool is_dead = std::ranges::binary_search(dead, i);
      const bool is_done = store_.results.contains(i);
      ASSERT_NE(is_dead, is_done) << "job " << i;
      ASSERT_TRUE(is_dead || !is_impossible(i)) << "job " << i;
      ASSERT_LE(job.ended, is_done ? 1U : 0U) << "job " << i;
      // A consumer that was killed before it saw what it took counts as an attempt too.
      ASSERT_LE(job.begun, max_attempts) << "job " << i;
      dead_found += is_dead ? 1U : 0U;
    }
    EXPECT_EQ(dead_found, dead.size());
    EXPECT_EQ(store_.jobs.taken(), 0U);
  }

  TempDir dir_{memory_folder()};
  std::filesystem::path path_ = dir_ / "engine";
  Store store_{.engine = open_lmdb({.path = path_, .map_bytes = std::uint64_t{1} << 30U})};
  SharedBlock<Board> board_;
  Random random_{seed()};
  std::array<std::optional<Child>, consumers> children_;
};

TEST_F(DequeTakeStress, no_job_is_lost_or_done_twice_while_consumers_are_killed) {
  const std::uint64_t kills = rounds(500, 10'000);
  run(kills);
  check();
  EXPECT_GT(board_->lost, 0U) << "nobody was late: nothing was proved about that";
  EXPECT_FALSE(store_.jobs.dead_letters().empty());
  std::printf(
      "%llu kills, %d jobs: %llu done, %zu dead letters; %llu takings of what came back, "
      "%llu too late\n",
      static_cast<unsigned long long>(kills), board_->pushed.load(),
      static_cast<unsigned long long>(board_->done.load()),
      static_cast<std::size_t>(store_.jobs.dead_letters().size()),
      static_cast<unsigned long long>(board_->again.load()),
      static_cast<unsigned long long>(board_->lost.load()));
}

}  // namespace
}  // namespace larder::test
