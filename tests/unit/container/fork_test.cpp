// SPDX-License-Identifier: Apache-2.0

// Children of a process whose threads use containers use them, too.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

struct Store {
  EnginePtr engine;
  Deque<int> jobs{engine, "jobs"};
  Index<int, int> results{engine, "results"};

  /// Makes a job, takes one and keeps a result, which are as many afterwards.
  void work(int key) {
    jobs.push_back(key);
    if (auto job = jobs.take_front()) {
      engine->update([&](WriteTxn&) {
        results.put(**job, key);
        job->done();
      });
    }
  }
};

TEST(ContainersAndForks, children_made_while_threads_work_go_on_by_themselves) {
  const TempDir dir{memory_folder()};
  Store store{.engine = open_lmdb({.path = dir / "db"})};
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; !is_over; ++i) store.work(1'000'000 * (t + 1) + i % 1000);
    });
  }
  const std::uint64_t forks = rounds(20, 1000);
  for (std::uint64_t i = 0; i < forks; ++i) {
    const ChildEnd end = run_in_child([&] {
      for (int key = 0; key < 10; ++key) store.work(key);
      return 0;
    });
    EXPECT_TRUE(end.is_good()) << end;
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store.jobs.taken(), 0U);
  // Each took one after it had made one, if there was any left.
  EXPECT_TRUE(store.jobs.empty());
  EXPECT_TRUE(store.jobs.dead_letters().empty());
}

}  // namespace
}  // namespace larder::test
