// SPDX-License-Identifier: Apache-2.0

// A process whose threads are busy with a cache forks again and again. The child uses the cache and
// ends in one of the ways in which children end; nobody waits for ever, and nothing is lost.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

constexpr int threads = 8;

/// What a thread has been told.
struct Told {
  std::atomic<std::int64_t> increments{0};
  std::atomic<std::int64_t> steps{0};
};

class CacheForkStress : public ::testing::Test {
 protected:
  void work(int thread, std::uint64_t seed) {
    Random random(seed);
    Told& told = told_.at(static_cast<std::size_t>(thread));
    const std::string own = "thread" + std::to_string(thread);
    while (!is_over_) {
      const int key = static_cast<int>(random.below(50));
      switch (random.below(7)) {
        case 0:
          cache_.put(key, std::string(random.below(3000), 'x'));
          break;
        case 1:
          cache_.put(key, std::string(10'000, 'y'));
          break;
        case 2:
          cache_.pop<std::string>(key);
          break;
        case 3:
          (void)cache_.get_or_load(key, [] { return std::string("loaded"); });
          break;
        case 4:
          cache_.transact([&] {
            (void)cache_.get<std::string>(key);
            cache_.erase(key);
          });
          break;
        case 5:
          (void)cache_.get<std::string>(key);
          break;
        default:
          cache_.incr(own);
          ++told.increments;
      }
      ++told.steps;
    }
  }

  /// What a child does with the objects that it has of its parent, and with one of its own.
  void use_in_child() {
    cache_.incr("children");
    cache_.put("child", std::string(10'000, 'c'));
    (void)cache_.get<std::string>(7);
    (void)cache_.get_or_load("loaded", [] { return 1; });
    Cache own = Cache::open(options_);
    own.transact([&] {
      own.erase(8);
      own.incr("children");
    });
  }

  /// Ends in each of the ways in turn.
  int be_child(std::uint64_t round) {
    if (round % 5 != 0) use_in_child();
    switch (round % 4) {
      case 0:
        return 0;  // by _exit
      case 1:
        std::exit(0);
      case 2:
        ::execl("/bin/true", "true", nullptr);
        return 1;
      default:
        std::quick_exit(0);
    }
  }

  void expect_progress_of_all() {
    std::array<std::int64_t, threads> before = {};
    for (std::size_t i = 0; i < threads; ++i) before.at(i) = told_.at(i).steps;
    const auto end = std::chrono::steady_clock::now() + 60s;
    for (std::size_t i = 0; i < threads; ++i) {
      while (told_.at(i).steps == before.at(i) && std::chrono::steady_clock::now() < end) {
        std::this_thread::yield();
      }
      ASSERT_GT(told_.at(i).steps, before.at(i)) << "thread " << i << " stands still";
    }
  }

  TempDir folder_{memory_folder()};
  CacheOptions options_{.path = folder_ / "c", .settings = {.file_above_bytes = 5000}};
  Cache cache_ = Cache::open(options_);
  std::array<Told, threads> told_;
  std::atomic<bool> is_over_{false};
};

TEST_F(CacheForkStress, children_come_and_go_and_the_parent_goes_on) {
  std::vector<std::thread> workers;
  Random random(seed());
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([this, i, seed = random()] { work(i, seed); });
  }

  const std::uint64_t forks = rounds(200, 10'000);
  for (std::uint64_t round = 0; round < forks && !HasFatalFailure(); ++round) {
    const ChildEnd end = run_in_child([&] { return be_child(round); });
    EXPECT_TRUE(end.is_good()) << "child " << round << ": " << end;
    if (end.is_timed_out) break;
    if (round % 20 == 0) expect_progress_of_all();
  }
  is_over_ = true;
  for (std::thread& worker : workers) worker.join();

  EXPECT_EQ(cache_.get<std::uint64_t>("children"), 2 * (forks - (forks + 4) / 5));
  for (int i = 0; i < threads; ++i) {
    EXPECT_EQ(cache_.get<std::int64_t>("thread" + std::to_string(i)).value_or(0),
              told_.at(static_cast<std::size_t>(i)).increments);
  }
  EXPECT_EQ(cache_.verify().problems, std::vector<std::string>{});
  EXPECT_EQ(cache_.stats().corrupt_misses, 0U);
}

}  // namespace
}  // namespace larder::test
