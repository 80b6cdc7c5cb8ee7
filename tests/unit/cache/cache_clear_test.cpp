// SPDX-License-Identifier: Apache-2.0

// clear(): one step, whatever the size; the space comes back later.

#include <atomic>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "cache_fixture.h"
#include "support/channel.h"
#include "support/child.h"
#include "value_files.h"

namespace larder::test {
namespace {

constexpr int many = 2000;

void fill(Cache& cache, int entries = many) {
  cache.transact([&] {
    for (int i = 0; i < entries; ++i) {
      cache.put("k" + std::to_string(i), i, {.ttl = 1h, .tags = {"t"}});
    }
  });
}

TEST_P(CacheTest, cleared_entries_are_nowhere_to_be_seen) {
  Cache cache = open();
  fill(cache);
  EXPECT_EQ(cache.clear(), static_cast<std::uint64_t>(many));

  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
  EXPECT_EQ(cache.get<int>("k1500"), std::nullopt);
  EXPECT_FALSE(cache.info("k1500"));
  EXPECT_FALSE(cache.contains("k1500"));
  EXPECT_FALSE(cache.reader("k1500"));
  EXPECT_EQ(cache.get_many<int>(Strings{"k1500"}), (std::vector<std::optional<int>>{std::nullopt}));
  for (const KeyOrder order : {KeyOrder::insertion, KeyOrder::key}) {
    EXPECT_EQ(keys(cache, order), Strings{});
    EXPECT_EQ(keys(cache, order, Direction::backward), Strings{});
  }
  EXPECT_EQ(cache.count({.tag = "t"}), 0U);
  EXPECT_EQ(cache.count({}), 0U);
  EXPECT_EQ(cache.verify().entries, 0U);
  EXPECT_EQ(open().get<int>("k1500"), std::nullopt) << "another handle";
  EXPECT_EQ(cache.clear(), 0U);
}

TEST_P(CacheTest, writes_find_nothing_of_what_was_cleared) {
  Cache cache = open();
  fill(cache);
  cache.clear();
  EXPECT_FALSE(cache.erase("k1500"));
  EXPECT_FALSE(cache.pop<int>("k1501"));
  EXPECT_FALSE(cache.touch("k1502"));
  EXPECT_FALSE(cache.compare_and_swap("k1503", 1503, 1));
  EXPECT_EQ(cache.incr("k1504"), 1);
  EXPECT_TRUE(cache.add("k1505", 7));
  EXPECT_EQ(cache.erase_tag("t"), 0U);
  EXPECT_EQ(keys(cache), (Strings{"k1504", "k1505"}));
  EXPECT_EQ(cache.size(), 2U);
}

TEST_P(CacheTest, later_writes_give_the_space_back) {
  Cache cache = open();
  fill(cache);
  cache.clear();
  for (int i = 0; i < many / 16; ++i) cache.put("new", i);
  EXPECT_EQ(engine_->info().entries, 3U) << "settings, record, place in the order";
  EXPECT_EQ(cache.get<int>("new"), many / 16 - 1);
}

TEST_P(CacheTest, expire_gives_all_space_back_at_once) {
  Cache cache = open();
  fill(cache);
  cache.clear();
  EXPECT_EQ(cache.expire(), 0U) << "they were counted as cleared";
  EXPECT_EQ(engine_->info().entries, 1U);
}

TEST_P(CacheTest, what_was_cleared_does_not_count_against_limits) {
  for (const Eviction policy :
       {Eviction::fifo, Eviction::lru, Eviction::lfu, Eviction::sieve, Eviction::s3_fifo,
        Eviction::w_tinylfu, Eviction::mru, Eviction::random}) {
    Cache cache = open({.max_entries = 1000, .eviction = policy});
    fill(cache, 1000);
    cache.clear();
    for (int i = 0; i < 1500; ++i) {
      cache.put(i, i);
      ASSERT_LE(cache.size(), 1000U);
    }
    EXPECT_EQ(cache.size(), 1000U) << static_cast<int>(policy);
    EXPECT_EQ(cache.verify().problems, Strings{});
    cache.clear();
  }
}

TEST_P(CacheTest, clear_within_a_failed_transaction_did_not_happen) {
  Cache cache = open();
  fill(cache);
  EXPECT_THROW(cache.transact([&] {
    cache.clear();
    EXPECT_EQ(cache.get<int>("k1500"), std::nullopt);
    cache.put("new", 1);
    throw std::runtime_error("undo");
  }),
               std::runtime_error);
  EXPECT_EQ(cache.size(), static_cast<std::uint64_t>(many));
  EXPECT_EQ(cache.get<int>("k1500"), 1500);
  EXPECT_EQ(cache.get<int>("k0"), 0);
}

TEST_P(CacheTest, hook_hears_of_every_cleared_entry_at_once) {
  std::uint64_t heard = 0;
  CacheHooks with_hook = hooks();
  with_hook.on_remove = [&](const Key&, RemovalCause cause) {
    EXPECT_EQ(cause, RemovalCause::erased);
    ++heard;
  };
  Cache cache(engine_, {}, with_hook);
  fill(cache);
  cache.clear();
  EXPECT_EQ(heard, static_cast<std::uint64_t>(many));
  EXPECT_EQ(cache.stats().erased, static_cast<std::uint64_t>(many));
}

TEST(CacheClear, files_of_cleared_values_go_later) {
  const TempDir folder(memory_folder());
  Cache cache = Cache::open({.path = folder / "c",
                             .settings = CacheSettings{.file_above_bytes = 100},
                             .durability = Durability::disposable});
  const auto files = [&] { return value_files(folder / "c").size(); };
  for (int i = 0; i < 400; ++i) cache.put(i, std::string(200, 'x'));
  cache.clear();
  EXPECT_EQ(cache.verify().problems, Strings{});
  cache.expire();
  EXPECT_EQ(files(), 0U);
}

// Who reads sees all entries or none; who is killed half-way leaves one or the other.
TEST(CacheClear, other_processes_see_all_or_nothing) {
  const TempDir folder(memory_folder());
  const CacheOptions options{.path = folder / "c", .durability = Durability::disposable};
  Cache cache = Cache::open(options);
  const std::vector<int> all = {0, 300, 600, 900};
  for (int round = 0; round < 15; ++round) {
    cache.transact([&] {
      for (int i = 0; i < 1000; ++i) cache.put(i, i);
    });
    ChannelPair line;
    Child child([&] {
      line.parent.close();
      Cache own = Cache::open(options);
      line.child.send("go");
      own.clear();
      own.expire();
      return 0;
    });
    line.child.close();
    ASSERT_EQ(line.parent.receive(), "go");
    for (int i = 0; i < 50 * round; ++i) {
      const auto seen = cache.get_many<int>(all);
      for (const auto& one : seen) ASSERT_EQ(one.has_value(), seen.front().has_value());
      if (!seen.front()) break;
    }
    child.kill(SIGKILL);
    child.wait();
    EXPECT_EQ(cache.verify().problems, Strings{});
    const std::uint64_t left = cache.size();
    EXPECT_TRUE(left == 0 || left == 1000) << left;
    EXPECT_EQ(cache.clear(), left);
  }
}

}  // namespace
}  // namespace larder::test
