// SPDX-License-Identifier: Apache-2.0

// Caches within caches.

#include <filesystem>
#include <stdexcept>

#include "cache_fixture.h"
#include "support/child.h"

namespace larder::test {
namespace {

class CacheSubTest : public CacheTest {
 protected:
  // Caches within the one under test count in its report.
  void TearDown() override { EXPECT_EQ(open().verify().problems, Strings{}); }
};

TEST_P(CacheSubTest, sub_cache_has_keys_counters_and_statistics_of_its_own) {
  Cache cache = open();
  Cache sub = cache.sub("users");
  cache.put("a", 1);
  sub.put("a", 2);
  sub.put("b", 3, {.tags = {"t"}});

  EXPECT_EQ(cache.get<int>("a"), 1);
  EXPECT_EQ(sub.get<int>("a"), 2);
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(sub.size(), 2U);
  EXPECT_EQ(keys(cache), Strings{"a"});
  EXPECT_EQ(keys(sub, KeyOrder::key), (Strings{"a", "b"}));
  EXPECT_EQ(cache.count({.tag = "t"}), 0U);
  EXPECT_EQ(cache.stats().puts, 1U);
  EXPECT_EQ(sub.stats().puts, 2U);
  EXPECT_EQ(sub.get<int>("missing"), std::nullopt);
  EXPECT_EQ(cache.stats().misses, 0U);
}

TEST_P(CacheSubTest, sub_cache_has_limits_and_lifetimes_of_its_own) {
  Cache cache = open({.max_entries = 2, .eviction = Eviction::fifo});
  Cache sub =
      cache.sub("s", {.max_entries = 3, .eviction = Eviction::fifo, .expire_after_write = 10s});
  for (const char* key : {"a", "b", "c", "d"}) {
    cache.put(key, 1);
    sub.put(key, 1);
  }
  EXPECT_EQ(keys(cache), (Strings{"c", "d"}));
  EXPECT_EQ(keys(sub), (Strings{"b", "c", "d"}));
  EXPECT_EQ(open().sub("s").settings().max_entries, 3U);
  clock_.advance(10s);
  EXPECT_FALSE(sub.contains("d"));
  EXPECT_TRUE(cache.contains("d"));
}

TEST_P(CacheSubTest, same_name_is_the_same_cache) {
  open().sub("s").put("a", 1);
  EXPECT_EQ(open().sub("s").get<int>("a"), 1);
  EXPECT_EQ(open().sub("S").get<int>("a"), std::nullopt);
}

TEST_P(CacheSubTest, names_nest) {
  Cache cache = open();
  cache.sub("a/b/c").put("k", 1);
  EXPECT_EQ(cache.sub("a").sub("b").sub("c").get<int>("k"), 1);
  cache.sub("a").put("k", 2);
  EXPECT_EQ(cache.sub("a/b/c").get<int>("k"), 1);
  (void)cache.sub("z");
  EXPECT_EQ(cache.subs(), (Strings{"a", "z"}));
  EXPECT_EQ(cache.sub("a").subs(), Strings{"b"});
  EXPECT_EQ(cache.sub("z").subs(), Strings{});
}

TEST_P(CacheSubTest, bad_names_are_refused) {
  Cache cache = open();
  for (const std::string& name : {std::string(), std::string("/"), std::string("a/"),
                                  std::string("/a"), std::string("a//b"), std::string(256, 'x')}) {
    expect_kind(ErrorKind::invalid_argument, [&] { (void)cache.sub(name); });
  }
  EXPECT_EQ(cache.sub("a/b/c/d/e/f/g/h/i/j").size(), 0U);
  expect_kind(ErrorKind::invalid_argument, [&] { (void)cache.sub("a/b/c/d/e/f/g/h/i/j/k"); });
  Cache odd = cache.sub(std::string("\0\xff \n", 4));
  odd.put("a", 1);
  EXPECT_EQ(cache.subs().size(), 2U);
}

TEST_P(CacheSubTest, clearing_one_leaves_the_others) {
  Cache cache = open();
  Cache sub = cache.sub("s");
  Cache inner = sub.sub("i");
  for (Cache* one : {&cache, &sub, &inner}) one->put("a", 1);
  EXPECT_EQ(sub.clear(), 1U);
  EXPECT_TRUE(cache.contains("a"));
  EXPECT_TRUE(inner.contains("a"));
  EXPECT_EQ(cache.clear(), 1U);
  EXPECT_TRUE(inner.contains("a"));
  EXPECT_EQ(cache.subs(), Strings{"s"});
}

TEST_P(CacheSubTest, dropped_cache_is_gone_with_all_within) {
  Cache cache = open();
  cache.put("a", 1);
  const std::uint64_t before = engine_->info().entries;
  Cache sub = cache.sub("s");
  Cache inner = cache.sub("s/i");
  for (int i = 0; i < 1000; ++i) sub.put(i, i, {.ttl = 1h, .tags = {"t"}});
  inner.put("a", 1);

  EXPECT_TRUE(cache.drop_sub("s"));
  EXPECT_EQ(engine_->info().entries, before) << "nothing is left over";
  EXPECT_EQ(cache.subs(), Strings{});
  EXPECT_FALSE(cache.drop_sub("s"));
  EXPECT_EQ(sub.get<int>(1), std::nullopt);
  EXPECT_EQ(inner.get<int>("a"), std::nullopt);
  for (Cache* one : {&sub, &inner}) {
    expect_kind(ErrorKind::invalid_argument, [&] { one->put("a", 1); });
    expect_kind(ErrorKind::invalid_argument, [&] { (void)one->sub("new"); });
  }
  cache.sub("s").put("b", 1);
  EXPECT_EQ(keys(cache.sub("s")), Strings{"b"});
  EXPECT_EQ(sub.get<int>("b"), std::nullopt) << "another cache of the same name";
  EXPECT_TRUE(cache.contains("a"));
}

TEST_P(CacheSubTest, nested_name_is_dropped_alone) {
  Cache cache = open();
  cache.sub("a/b").put("k", 1);
  cache.sub("a").put("k", 1);
  EXPECT_FALSE(cache.drop_sub("x/b"));
  EXPECT_TRUE(cache.drop_sub("a/b"));
  EXPECT_TRUE(cache.sub("a").contains("k"));
  EXPECT_EQ(cache.sub("a").subs(), Strings{});
}

TEST_P(CacheSubTest, one_transaction_changes_several) {
  Cache cache = open();
  Cache sub = cache.sub("s");
  EXPECT_THROW(cache.transact([&] {
    cache.put("a", 1);
    sub.put("a", 1);
    throw std::runtime_error("undo");
  }),
               std::runtime_error);
  EXPECT_EQ(cache.size() + sub.size(), 0U);
}

TEST_P(CacheSubTest, sub_cache_made_in_a_failed_transaction_never_came_to_be) {
  Cache cache = open();
  std::optional<Cache> sub;
  EXPECT_THROW(cache.transact([&] {
    sub = cache.sub("s");
    sub->put("a", 1);
    throw std::runtime_error("undo");
  }),
               std::runtime_error);
  EXPECT_EQ(cache.subs(), Strings{});
  EXPECT_EQ(sub->get<int>("a"), std::nullopt);
  expect_kind(ErrorKind::invalid_argument, [&] { sub->put("a", 1); });
}

TEST_P(CacheSubTest, hook_of_a_sub_cache_is_its_own) {
  Strings heard;
  CacheHooks with_hook = hooks();
  with_hook.on_remove = [&](const Key&, RemovalCause) { heard.emplace_back("parent"); };
  Cache cache(engine_, {}, with_hook);
  Cache silent = cache.sub("silent");
  Cache sub = cache.sub("s", {}, [&](const Key&, RemovalCause) { heard.emplace_back("sub"); });
  for (Cache* one : {&cache, &silent, &sub}) {
    one->put("a", 1);
    one->erase("a");
  }
  EXPECT_EQ(heard, (Strings{"parent", "sub"}));
}

TEST_P(CacheSubTest, verify_and_repair_look_within) {
  Cache cache = open();
  cache.put("a", 1);
  Cache sub = cache.sub("s");
  sub.put("b", 1);
  sub.put("c", 1);
  std::vector<Bytes> records;
  engine_->update([&](WriteTxn& txn) {
    txn.scan(KeyRange::prefix(as_bytes("cache\x07")), Direction::forward,
             [&](BytesView at, BytesView value) {
               // cache 07 number 05: a record of the sub-cache
               if (at.size() > 14 && at[14] == std::byte{5}) {
                 records.push_back(to_bytes(at));
                 records.push_back(to_bytes(value));
               }
               return Visit::more;
             });
    records.at(1).back() ^= std::byte{1};
    txn.put(records[0], records[1]);
  });
  EXPECT_EQ(cache.verify().problems.size(), 1U);
  EXPECT_EQ(cache.verify().problems.front().substr(0, 3), "s: ");
  const RepairReport report = cache.repair();
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(report.entries, 2U);
  EXPECT_EQ(sub.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Engines, CacheSubTest,
                         testing::Values(EngineUnderTest{.name = "memory",
                                                         .open = open_memory_with,
                                                         .is_persistent = false},
                                         EngineUnderTest{.name = "lmdb", .open = open_lmdb_with}),
                         [](const auto& chosen) { return chosen.param.name; });

TEST(CacheSub, other_processes_share_it_and_a_backup_has_it) {
  const TempDir folder(memory_folder());
  const CacheOptions options{.path = folder / "c",
                             .settings = CacheSettings{.file_above_bytes = 100},
                             .durability = Durability::disposable};
  Cache cache = Cache::open(options);
  cache.put("a", 1);
  EXPECT_TRUE(run_in_child([&] {
                Cache sub = Cache::open(options).sub("s/i", {.file_above_bytes = 100});
                sub.put("long", std::string(1000, 'x'));
                return 0;
              }).is_good());
  EXPECT_EQ(cache.sub("s/i").get<std::string>("long"), std::string(1000, 'x'));

  EXPECT_EQ(cache.backup(folder / "copy"), 2U);
  Cache copy = Cache::open({.path = folder / "copy"});
  EXPECT_EQ(copy.sub("s/i").get<std::string>("long"), std::string(1000, 'x'));
  EXPECT_EQ(copy.verify().problems, Strings{});

  EXPECT_TRUE(cache.drop_sub("s"));
  EXPECT_EQ(cache.verify().problems, Strings{});
  EXPECT_EQ(copy.sub("s/i").size(), 1U);
}

// Two processes want the same new one: it is one.
TEST(CacheSub, made_once_by_many) {
  const TempDir folder(memory_folder());
  const CacheOptions options{.path = folder / "c", .durability = Durability::disposable};
  Cache cache = Cache::open(options);
  (void)cache.sub("before");  // whatever chose its number is copied by the forks
  std::vector<Child> children;
  for (int p = 0; p < 4; ++p) {
    children.emplace_back([&] {
      Cache own = Cache::open(options);
      for (int i = 0; i < 20; ++i) own.sub("s" + std::to_string(i)).incr("n");
      return 0;
    });
  }
  for (Child& child : children) EXPECT_TRUE(child.wait().is_good());
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(cache.sub("s" + std::to_string(i)).get<std::int64_t>("n"), 4);
}

}  // namespace
}  // namespace larder::test
