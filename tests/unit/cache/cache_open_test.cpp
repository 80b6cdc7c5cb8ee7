// SPDX-License-Identifier: Apache-2.0

// Caches in directories: opening, temporary ones, fork.

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "cache_fixture.h"
#include "support/child.h"

namespace larder::test {
namespace {

TEST(CacheOpen, what_was_stored_is_there_again) {
  const TempDir folder;
  const std::filesystem::path path = folder / "a" / "b";

  {
    Cache cache = Cache::open({.path = path, .settings = {.max_entries = 7}});
    EXPECT_EQ(cache.path(), path);
    cache.put("k", std::string("v"), {.tags = {"t"}});
  }

  Cache cache = Cache::open({.path = path});
  EXPECT_EQ(cache.get<std::string>("k"), "v");
  EXPECT_EQ(cache.settings().max_entries, 7U);
  EXPECT_EQ(cache.verify().problems, Strings{});
}

TEST(CacheOpen, path_is_needed) {
  expect_kind(ErrorKind::invalid_argument, [] { (void)Cache::open({}); });
}

TEST(CacheOpen, bad_settings_leave_the_cache_alone) {
  const TempDir folder;
  (void)Cache::open({.path = folder / "c", .settings = {.max_entries = 7}});

  expect_kind(ErrorKind::invalid_argument,
              [&] { (void)Cache::open({.path = folder / "c", .settings = {.max_entries = 0}}); });

  EXPECT_EQ(Cache::open({.path = folder / "c"}).settings().max_entries, 7U);
}

TEST(CacheOpen, files_are_private_by_default) {
  const TempDir folder;
  (void)Cache::open({.path = folder / "c"});

  for (const auto& file : std::filesystem::recursive_directory_iterator(folder / "c")) {
    struct stat status{};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077U, 0U) << file.path();
  }
}

TEST(CacheOpen, cache_on_an_engine_has_no_path) {
  EXPECT_TRUE(Cache(open_memory_engine()).path().empty());
}

TEST(CacheTemporary, directory_goes_with_the_last_handle) {
  std::filesystem::path path;
  {
    auto cache = std::make_unique<Cache>(Cache::temporary({.eviction = Eviction::lru}));
    path = cache->path();
    cache->put("k", 1);
    const Cache copy = *cache;
    cache.reset();
    EXPECT_TRUE(std::filesystem::exists(path));
    EXPECT_EQ(copy.get<int>("k"), 1);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(CacheTemporary, directories_are_private_and_differ) {
  const Cache one = Cache::temporary();
  const Cache two = Cache::temporary();
  struct stat status{};

  ASSERT_EQ(::stat(one.path().c_str(), &status), 0);

  EXPECT_NE(one.path(), two.path());
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(CacheTemporary, refused_settings_leave_no_directory) {
  const TempDir folder;
  const ChildEnd end = run_in_child([&] {
    ::setenv("TMPDIR", folder.path().c_str(), 1);  // where nobody else makes any
    expect_kind(ErrorKind::invalid_argument, [] { (void)Cache::temporary({.max_bytes = 0}); });
    return std::filesystem::is_empty(folder.path()) && !HasFailure() ? 0 : 1;
  });
  EXPECT_TRUE(end.is_good()) << end;
}

TEST(CacheTemporary, child_does_not_remove_the_directory) {
  auto cache = std::make_unique<Cache>(Cache::temporary());
  cache->put("k", 1);

  const ChildEnd end = run_in_child([&] {
    cache->put("child", 2);
    cache.reset();
    return 0;
  });

  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_TRUE(std::filesystem::exists(cache->path()));
  EXPECT_EQ(cache->get<int>("k"), 1);
  EXPECT_EQ(cache->get<int>("child"), 2);
}

TEST(CacheFork, child_and_parent_share_values_and_statistics) {
  const TempDir folder;
  Cache cache = Cache::open(
      {.path = folder / "c", .settings = {.max_entries = 100, .eviction = Eviction::lru}});
  cache.put("n", 0);

  const ChildEnd end = run_in_child([&] {
    for (int i = 0; i < 100; ++i) cache.incr("n");
    return cache.get<int>("n") == 100 ? 0 : 1;
  });

  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(cache.incr("n"), 101);
  EXPECT_EQ(cache.stats().puts, 102U);
  EXPECT_EQ(cache.stats().hits, 1U);
}

TEST(CacheFork, fork_beside_busy_threads_harms_nobody) {
  const TempDir folder;
  Cache cache = Cache::open({.path = folder / "c"});
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; !stop; ++n) {
        cache.put(std::tuple(i, n % 50), n);
        (void)cache.get<int>(std::tuple(i, n % 50));
      }
    });
  }

  for (int i = 0; i < 20; ++i) {
    const ChildEnd end = run_in_child([&] {
      cache.put(std::tuple("child", i), i);
      return cache.get<int>(std::tuple("child", i)) == i ? 0 : 1;
    });
    EXPECT_TRUE(end.is_good()) << end;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();

  for (int i = 0; i < 20; ++i) EXPECT_TRUE(cache.contains(std::tuple("child", i)));
  EXPECT_EQ(cache.verify().problems, Strings{});
}

}  // namespace
}  // namespace larder::test
