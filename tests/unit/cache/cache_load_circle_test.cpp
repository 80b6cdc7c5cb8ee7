// SPDX-License-Identifier: Apache-2.0

// Loads that wait for each other: one of them is refused, in whatever threads and processes they
// run; and nobody is who only waits.

#include <atomic>
#include <csignal>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cache_fixture.h"
#include "support/channel.h"
#include "support/child.h"

namespace larder::test {
namespace {

constexpr int refused = 3;

/// A process that loads a key, and waits with its own loader until it is told to ask for another.
struct Loader {
  Loader(Cache& cache, const std::string& key, const std::string& wanted)
      : Loader(cache, cache, key, wanted) {}
  Loader(Cache& cache, Cache& other, const std::string& key, const std::string& wanted)
      : child([&] {
          line.parent.close();
          try {
            cache.get_or_load(key, [&] {
              line.child.send("loading");
              static_cast<void>(line.child.receive());
              return other.get_or_load(wanted, [] { return 1; });
            });
          } catch (const Error& error) {
            return error.kind() == ErrorKind::invalid_argument ? refused : 1;
          }
          return 0;
        }) {
    line.child.close();
    EXPECT_EQ(line.parent.receive(), "loading");
  }

  void go_on() const { line.parent.send("go on"); }

  mutable ChannelPair line = {};
  Child child;
};

/// How many are refused; all others must come to their end.
int count_refused(std::vector<std::unique_ptr<Loader>>& loaders) {
  for (const auto& loader : loaders) loader->go_on();
  int count = 0;
  for (const auto& loader : loaders) {
    const ChildEnd end = loader->child.wait();
    if (end.exit_code == refused) {
      ++count;
    } else {
      EXPECT_TRUE(end.is_good()) << end;
    }
  }
  return count;
}

TEST_P(PersistentCacheTest, of_two_processes_that_wait_for_each_other_one_is_refused) {
  Cache cache = open();
  std::vector<std::unique_ptr<Loader>> loaders;
  loaders.push_back(std::make_unique<Loader>(cache, "a", "b"));
  loaders.push_back(std::make_unique<Loader>(cache, "b", "a"));
  EXPECT_EQ(count_refused(loaders), 1);
}

TEST_P(PersistentCacheTest, of_three_processes_that_wait_in_a_circle_one_is_refused) {
  Cache cache = open();
  std::vector<std::unique_ptr<Loader>> loaders;
  loaders.push_back(std::make_unique<Loader>(cache, "a", "b"));
  loaders.push_back(std::make_unique<Loader>(cache, "b", "c"));
  loaders.push_back(std::make_unique<Loader>(cache, "c", "a"));
  EXPECT_EQ(count_refused(loaders), 1);
}

TEST_P(PersistentCacheTest, circle_may_go_through_several_caches) {
  Cache cache = open();
  Cache other(open_lmdb({.path = folder_ / "other"}), {}, hooks());
  std::vector<std::unique_ptr<Loader>> loaders;
  loaders.push_back(std::make_unique<Loader>(cache, other, "a", "b"));
  loaders.push_back(std::make_unique<Loader>(other, cache, "b", "a"));
  EXPECT_EQ(count_refused(loaders), 1);
}

TEST_P(PersistentCacheTest, chain_of_processes_is_no_circle) {
  Cache cache = open();
  std::vector<std::unique_ptr<Loader>> loaders;
  loaders.push_back(std::make_unique<Loader>(cache, "a", "b"));
  loaders.push_back(std::make_unique<Loader>(cache, "b", "c"));
  loaders.push_back(std::make_unique<Loader>(cache, "c", "d"));
  EXPECT_EQ(count_refused(loaders), 0);
}

TEST_P(PersistentCacheTest, killed_process_is_in_no_circle) {
  Cache cache = open();
  const Loader first(cache, "a", "b");
  const Loader killed(cache, "b", "c");
  EXPECT_EQ(cache.get_or_load("c",
                              [&] {
                                first.go_on();
                                killed.go_on();
                                killed.child.kill(SIGKILL);
                                return cache.get_or_load("a", [] { return 1; });
                              }),
            1);
}

TEST_P(PersistentCacheTest, circle_may_go_through_a_thread_that_waits_for_another) {
  // Here a waits for the c of another thread of this process, that one for b of the other process,
  // and that for a.
  Cache cache = open();
  Loader other(cache, "b", "a");
  std::latch both{2};
  std::atomic<int> refusals{0};
  const auto load = [&](const std::string& key, const std::string& wanted) {
    try {
      cache.get_or_load(key, [&] {
        both.arrive_and_wait();
        other.go_on();
        return cache.get_or_load(wanted, [] { return 1; });
      });
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
      ++refusals;
    }
  };
  std::thread first([&] { load("a", "c"); });
  std::thread second([&] { load("c", "b"); });
  first.join();
  second.join();
  const ChildEnd end = other.child.wait();
  EXPECT_GE(refusals + (end.exit_code == refused ? 1 : 0), 1);
  EXPECT_FALSE(end.is_timed_out);
}

TEST_P(CacheTest, of_two_handles_that_wait_for_each_other_one_is_refused) {
  std::vector<Cache> handles;
  handles.push_back(open());
  handles.push_back(open());
  std::latch both{2};
  std::atomic<int> refusals{0};
  const auto load = [&](Cache& cache, const std::string& key, const std::string& wanted) {
    try {
      cache.get_or_load(key, [&] {
        both.arrive_and_wait();
        return cache.get_or_load(wanted, [] { return 1; });
      });
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
      ++refusals;
    }
  };
  std::thread first([&] { load(handles[0], "a", "b"); });
  std::thread second([&] { load(handles[1], "b", "a"); });
  first.join();
  second.join();
  EXPECT_EQ(refusals, 1);
}

}  // namespace
}  // namespace larder::test
