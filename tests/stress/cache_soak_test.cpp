// SPDX-License-Identifier: Apache-2.0

// A service that runs for long: processes that do all sorts of things with a cache of limited size
// take no more memory, descriptors or space after many operations than after some.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/cache/queue.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t most_bytes = 4'000'000;
constexpr int threads = 3;
constexpr int other_processes = 3;

/// What a process takes of the machine.
struct Taken {
  std::uint64_t memory_bytes = 0;  ///< Of its own: no shared mappings.
  std::int64_t descriptors = 0;
  std::uint64_t device_bytes = 0;
};

std::uint64_t own_memory() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
  statm >> size >> resident >> shared;
  return (resident - shared) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Taken taken(const Cache& cache) {
  return {.memory_bytes = own_memory(),
          .descriptors = std::distance(fs::directory_iterator("/proc/self/fd"), {}),
          .device_bytes = cache.engine().info().disk_bytes};
}

class Worker {
 public:
  Worker(Cache cache, std::uint64_t number)
      : cache_(std::move(cache)), queue_(cache_, "jobs"), random_(seed() + number) {}

  void run(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps; ++i) step();
  }

 private:
  void step() {
    const std::uint64_t key = random_.below(20'000);
    const std::uint64_t action = random_.below(100);
    const std::size_t size = action == 0 ? 60'000 : random_.below(1000);  // a file, now and then
    if (action < 40) {
      cache_.put(key, std::string(size, 'v'), {.tags = {"t" + std::to_string(key % 20)}});
    } else if (action < 75) {
      (void)cache_.get<std::string>(key);
    } else if (action < 80) {
      cache_.put(key, std::string(size, 'v'), {.ttl = 1ms * random_.below(50)});
    } else if (action < 85) {
      cache_.erase(key);
    } else if (action < 90) {
      queue_.push(key);
      while (queue_.size() > 100) (void)queue_.pull<std::uint64_t>();
    } else if (action < 94) {
      cache_.incr("n");
    } else if (action < 97) {
      (void)cache_.get_or_load(key, [&] { return std::string(size, 'l'); });
    } else if (action < 98) {
      cache_.transact([&] {
        cache_.incr("left");
        cache_.decr("right");
      });
    } else if (action < 99) {
      (void)cache_.sub("s").get<int>(key);
    } else {
      cache_.erase_tag("t" + std::to_string(key % 20));
    }
  }

  Cache cache_;
  Queue queue_;
  Random random_;
};

void work_in_threads(const Cache& cache, std::uint64_t steps) {
  std::vector<std::thread> all;
  all.reserve(threads);
  for (std::uint64_t number = 0; number < threads; ++number) {
    all.emplace_back([&, number] { Worker(cache, number).run(steps); });
  }
  for (std::thread& thread : all) thread.join();
}

TEST(CacheSoak, takes_no_more_after_many_operations_than_after_some) {
  const TempDir folder;
  const CacheOptions options{.path = folder / "c",
                             .settings = {.max_bytes = most_bytes, .file_above_bytes = 30'000}};
  const std::uint64_t steps = rounds(6000, 3'000'000);
  static_cast<void>(seed());  // one for all processes
  std::vector<Child> others;
  others.reserve(other_processes);
  for (std::uint64_t number = 0; number < other_processes; ++number) {
    others.emplace_back([&] {
      Worker(Cache::open(options), threads + number).run(2 * steps);
      return 0;
    });
  }
  const Cache cache = Cache::open(options);
  work_in_threads(cache, steps / 2);
  const Taken before = taken(cache);

  std::uint64_t most_on_device = 0;
  for (int part = 0; part < 5; ++part) {
    work_in_threads(cache, steps / 5);
    most_on_device = std::max(most_on_device, taken(cache).device_bytes);
  }

  const Taken after = taken(cache);
  for (Child& other : others) EXPECT_TRUE(other.wait(std::chrono::hours{2}).is_good());
  std::printf("memory %llu to %llu bytes, descriptors %lld to %lld, device %llu to %llu bytes\n",
              static_cast<unsigned long long>(before.memory_bytes),
              static_cast<unsigned long long>(after.memory_bytes),
              static_cast<long long>(before.descriptors), static_cast<long long>(after.descriptors),
              static_cast<unsigned long long>(before.device_bytes),
              static_cast<unsigned long long>(after.device_bytes));
  constexpr std::uint64_t slack = 4'000'000;  // of the allocator
  EXPECT_LE(after.memory_bytes, before.memory_bytes + before.memory_bytes / 20 + slack);
  // Segments of the log come and go; what is lost with each of thousands of operations is far more.
  constexpr int segments = 8;
  EXPECT_LE(after.descriptors, before.descriptors + segments);
  // The entries, the log, and as much again while they are brought over.
  constexpr std::uint64_t log_bytes = std::uint64_t{segments} * (20U << 20U);
  EXPECT_LE(most_on_device, 8 * most_bytes + log_bytes);
  EXPECT_LE(cache.bytes(), most_bytes);
  EXPECT_EQ(cache.verify().problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace larder::test
