// SPDX-License-Identifier: Apache-2.0

// Readers see nothing half done, whatever processors they move between; what they count adds up.

#include "core/read_mostly_mutex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace larder::detail {
namespace {

struct Counts {
  std::uint64_t reads = 0;
};
using TestMutex = ReadMostlyMutex<Counts>;

struct Guarded {
  TestMutex mutex;
  std::uint64_t first LARDER_GUARDED_BY(mutex) = 0;
  std::uint64_t second LARDER_GUARDED_BY(mutex) = 0;

  void change() {
    const TestMutex::WriteLock lock(mutex);
    ++first;
    ++second;
  }
  [[nodiscard]] bool is_whole() {
    const TestMutex::ReadLock lock(mutex);
    ++lock.data().reads;
    return first == second;
  }
};

TEST(ReadMostlyMutex, readers_see_whole_changes_and_count_all_reads) {
  constexpr int writers = 2;
  constexpr std::uint64_t changes = 5'000;
  Guarded guarded;
  std::atomic<int> writing = writers;
  std::atomic<std::uint64_t> reads = 0;
  std::atomic<int> torn = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        do {
          torn += guarded.is_whole() ? 0 : 1;
          ++reads;
        } while (writing > 0);
      });
    }
    for (int i = 0; i < writers; ++i) {
      threads.emplace_back([&] {
        for (std::uint64_t n = 0; n < changes; ++n) guarded.change();
        --writing;
      });
    }
  }
  EXPECT_EQ(torn, 0);
  std::uint64_t counted = 0;
  guarded.mutex.for_each_lane([&](const Counts& counts) { counted += counts.reads; });
  EXPECT_EQ(counted, reads);
  const TestMutex::ReadLock lock(guarded.mutex);
  EXPECT_EQ(guarded.first, writers * changes);
}

}  // namespace
}  // namespace larder::detail
