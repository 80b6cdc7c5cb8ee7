// SPDX-License-Identifier: Apache-2.0

// A copy of a cache that others are using.

#include <atomic>
#include <filesystem>
#include <thread>

#include "cache_fixture.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

class BackupTest : public testing::Test {
 protected:
  [[nodiscard]] Cache open(const char* name) {
    return Cache::open({.path = folder_ / name, .settings = {.file_above_bytes = 500}},
                       {.clock = &clock_});
  }

  TempDir folder_{memory_folder()};
  ManualClock clock_;
};

TEST_F(BackupTest, holds_everything_and_stands_alone) {
  {
    Cache cache = open("c");
    cache.change_settings({.max_entries = 100});
    cache.put("short", "s", {.ttl = 1h, .tags = {"t"}});
    cache.put("long", std::string(100'000, 'l'), {.tags = {"t"}});
    EXPECT_EQ(cache.backup(folder_ / "b"), 2U);
    cache.put("long", "replaced");
    cache.erase("short");
  }
  fs::remove_all(folder_ / "c");
  Cache copy = open("b");
  EXPECT_EQ(copy.verify().problems, Strings{});
  EXPECT_EQ(copy.settings().max_entries, 100U);
  EXPECT_EQ(copy.get<std::string>("short"), "s");
  EXPECT_EQ(copy.get<std::string>("long"), std::string(100'000, 'l'));
  EXPECT_EQ(copy.erase_tag("t"), 2U);
}

TEST_F(BackupTest, is_of_one_moment_while_others_write) {
  Cache cache = open("c");
  const auto put_both = [&](int i) {
    cache.transact([&] {
      cache.put("a", std::string(600 + static_cast<std::size_t>(i % 50), 'a'));
      cache.put("b", std::string(600 + static_cast<std::size_t>(i % 50), 'b'));
    });
  };
  put_both(0);
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    for (int i = 0; !is_over; ++i) put_both(i);
  });
  for (int i = 0; i < 10; ++i) {
    const std::string name = "b" + std::to_string(i);
    (void)cache.backup(folder_ / name);
    const Cache copy = open(name.c_str());
    EXPECT_EQ(copy.verify().problems, Strings{});
    EXPECT_EQ(copy.at<std::string>("a").size(), copy.at<std::string>("b").size());
  }
  is_over = true;
  writer.join();
}

TEST_F(BackupTest, directory_that_holds_something_is_refused) {
  Cache cache = open("c");
  cache.put("k", 1);
  Cache other = open("b");
  other.put("k", 2);
  expect_kind(ErrorKind::invalid_argument, [&] { (void)cache.backup(folder_ / "b"); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)cache.backup(folder_ / "c"); });
  EXPECT_EQ(other.get<int>("k"), 2);
}

TEST_F(BackupTest, other_file_systems_get_copies) {
  const TempDir elsewhere("/tmp");
  Cache cache = open("c");
  cache.put("long", std::string(700'000, 'l'));
  EXPECT_EQ(cache.backup(elsewhere / "b"), 1U);
  const Cache copy = Cache::open({.path = elsewhere / "b"});
  EXPECT_EQ(copy.get<std::string>("long"), std::string(700'000, 'l'));
}

TEST_F(BackupTest, cache_in_memory_can_be_backed_up) {
  Cache cache(open_memory_engine());
  cache.put("k", std::string(100'000, 'k'));
  EXPECT_EQ(cache.backup(folder_ / "b"), 1U);
  EXPECT_EQ(open("b").get<std::string>("k"), std::string(100'000, 'k'));
}

}  // namespace
}  // namespace larder::test
