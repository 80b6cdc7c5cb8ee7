// SPDX-License-Identifier: Apache-2.0

// Many threads and processes on one cache: every value names its key and writer, so that a reader
// notices one that was mixed up or torn; afterwards records, indexes and counters agree.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/core/clock.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

constexpr int keys = 200;

struct Note {
  int key = 0;
  int writer = 0;
  std::string filling;
};

Note make_note(int key, int writer, Random& random) {
  return {key, writer, std::string(random.below(2000), static_cast<char>('a' + writer % 26))};
}

bool is_whole(const Note& note, int key) {
  const auto letter = static_cast<char>('a' + note.writer % 26);
  return note.key == key && note.filling.find_first_not_of(letter) == std::string::npos;
}

// Does all sorts of things; returns how many values were not what they must be.
int work(Cache cache, int writer, std::uint64_t steps) {
  Random random(seed() + static_cast<std::uint64_t>(writer));
  int bad = 0;
  for (std::uint64_t i = 0; i < steps; ++i) {
    const int key = static_cast<int>(random.below(keys));
    const std::uint64_t action = random.below(100);
    if (action < 50) {
      const auto note = cache.get<Note>(key);
      if (note && !is_whole(*note, key)) ++bad;
    } else if (action < 75) {
      cache.put(key, make_note(key, writer, random), {.tags = {action < 60 ? "a" : "b"}});
    } else if (action < 85) {
      cache.put(key, make_note(key, writer, random), {.ttl = 1ms * random.below(20)});
    } else if (action < 90) {
      const auto note = cache.pop<Note>(key);
      if (note && !is_whole(*note, key)) ++bad;
    } else if (action < 96) {
      cache.incr("total");
    } else if (action < 98) {
      cache.transact([&] {
        cache.decr("left");
        cache.incr("right");
      });
    } else if (action < 99) {
      cache.expire();
    } else {
      cache.erase_tag("a");
    }
  }
  return bad;
}

void expect_sound(const Cache& cache) {
  EXPECT_EQ(cache.verify().problems, std::vector<std::string>{});
  EXPECT_EQ(cache.stats().corrupt_misses, 0U);
}

void work_in_threads(const Cache& cache, std::uint64_t steps) {
  std::atomic<int> bad{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 4; ++writer) {
    threads.emplace_back([&, writer] { bad += work(cache, writer, steps); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(bad, 0);
  expect_sound(cache);
}

TEST(CacheStress, threads_share_a_cache_in_memory) {
  const Cache cache(open_memory_engine());

  work_in_threads(cache, rounds(3000, 100'000));

  EXPECT_EQ(cache.get<int>("left").value_or(0), -cache.get<int>("right").value_or(0));
}

TEST(CacheStress, threads_share_a_full_cache) {
  const Cache cache(open_memory_engine(), {.max_bytes = 50'000, .eviction = Eviction::lru});

  work_in_threads(cache, rounds(3000, 100'000));

  EXPECT_LE(cache.bytes(), 50'000U);
}

TEST(CacheStress, threads_share_a_cache_on_disk) {
  const TempDir folder;
  const Cache cache = Cache::open({.path = folder / "c"});

  work_in_threads(cache, rounds(2000, 100'000));

  EXPECT_EQ(cache.get<int>("left").value_or(0), -cache.get<int>("right").value_or(0));
}

/// The time of day leaps by years in both directions; how long something takes is not affected.
class LeapingClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const noexcept override { return system().now() + offset_.load(); }
  [[nodiscard]] SteadyTime steady_now() const noexcept override { return system().steady_now(); }

  void leap(Random& random) {
    const WallTime second_overflow{std::chrono::seconds{INT32_MAX}};
    switch (random.below(4)) {
      case 0:
        offset_ = std::chrono::years{random.below(70)} - std::chrono::years{20};
        break;
      case 1:
        offset_ = second_overflow - system().now();
        break;
      case 2:
        offset_ = -1ms * random.below(1000);
        break;
      default:
        offset_ = Duration::zero();
    }
  }
  void settle() { offset_ = Duration::zero(); }

 private:
  std::atomic<Duration> offset_{Duration::zero()};
};

TEST(CacheStress, threads_share_a_cache_while_the_clock_leaps) {
  const TempDir folder;
  LeapingClock clock;
  Cache cache = Cache::open({.path = folder / "c"}, {.clock = &clock});
  std::atomic<bool> is_over{false};
  std::thread leaper([&] {
    Random random(seed());
    while (!is_over) clock.leap(random);
  });

  work_in_threads(cache, rounds(2000, 100'000));

  is_over = true;
  leaper.join();
  clock.settle();
  for (const Key& key : cache.keys()) {
    const auto info = cache.info(key);
    EXPECT_TRUE(!info || !info->expires_at || *info->expires_at > clock.now() - 1min);
  }
  cache.expire();
  expect_sound(cache);
}

TEST(CacheStress, processes_share_a_cache) {
  const TempDir folder;
  const CacheOptions options{
      .path = folder / "c",
      .settings = {.max_entries = 120, .eviction = Eviction::lru},
  };
  std::vector<Child> children;
  for (int writer = 0; writer < 4; ++writer) {
    children.emplace_back(
        [&] { return work(Cache::open(options), writer, rounds(2000, 100'000)) == 0 ? 0 : 1; });
  }
  for (Child& child : children) {
    const ChildEnd end = child.wait(300s);
    EXPECT_TRUE(end.is_good()) << end;
  }

  const Cache cache = Cache::open(options);
  EXPECT_LE(cache.size(), 120U);
  expect_sound(cache);
}

TEST(CacheStress, every_increment_of_every_process_counts) {
  const TempDir folder;
  std::vector<Child> children;
  const auto times = static_cast<std::int64_t>(rounds(500, 20'000));
  for (int writer = 0; writer < 4; ++writer) {
    children.emplace_back([&] {
      Cache cache = Cache::open({.path = folder / "c"});
      for (std::int64_t i = 0; i < times; ++i) cache.incr("n");
      return 0;
    });
  }
  for (Child& child : children) EXPECT_TRUE(child.wait(300s).is_good());

  EXPECT_EQ(Cache::open({.path = folder / "c"}).get<std::int64_t>("n"), 4 * times);
}

TEST(CacheStress, exactly_one_of_many_adds_wins) {
  const TempDir folder;
  std::vector<Child> children;
  for (int writer = 0; writer < 4; ++writer) {
    children.emplace_back([&] {
      Cache cache = Cache::open({.path = folder / "c"});
      for (int key = 0; key < 100; ++key) {
        if (cache.add(key, writer)) cache.incr("wins");
      }
      return 0;
    });
  }
  for (Child& child : children) EXPECT_TRUE(child.wait(300s).is_good());

  EXPECT_EQ(Cache::open({.path = folder / "c"}).get<int>("wins"), 100);
}

}  // namespace
}  // namespace larder::test
