// SPDX-License-Identifier: Apache-2.0

// Many entries at once: by tag, by the beginning of the key, by a predicate.

#include <filesystem>
#include <limits>
#include <stdexcept>
#include <tuple>

#include "cache_fixture.h"
#include "value_files.h"

namespace larder::test {
namespace {

Strings texts(const std::vector<Key>& keys) {
  Strings found;
  for (const Key& key : keys) found.push_back(key.to_string());
  return found;
}

TEST_P(CacheTest, selection_by_text_prefix_takes_only_text_that_begins_so) {
  Cache cache = open();
  for (const char* key : {"user/2", "user/10", "user", "users", "user/", "usen", ""}) {
    cache.put(key, 1);
  }
  cache.put(to_bytes(as_bytes("user/b")), 1);
  cache.put(std::tuple("user/", 1), 1);

  EXPECT_EQ(texts(cache.select({.prefix = KeyPrefix::text("user/")})),
            (Strings{"\"user/\"", "\"user/10\"", "\"user/2\""}));
  EXPECT_EQ(cache.count({.prefix = KeyPrefix::text("")}), 7U);
  EXPECT_EQ(cache.erase_selected({.prefix = KeyPrefix::text("user/")}), 3U);
  EXPECT_EQ(cache.size(), 6U);
  EXPECT_TRUE(cache.contains("users"));
}

TEST_P(CacheTest, selection_by_prefix_knows_zero_bytes) {
  using namespace std::string_literals;
  Cache cache = open();
  for (const std::string& key : {"a"s, "a\0"s, "a\0b"s, "a\1"s, "a\xff"s}) cache.put(key, 1);

  EXPECT_EQ(cache.count({.prefix = KeyPrefix::text("a")}), 5U);
  EXPECT_EQ(cache.count({.prefix = KeyPrefix::text("a\0"s)}), 2U);
  EXPECT_EQ(cache.count({.prefix = KeyPrefix::text("a\xff"s)}), 1U);
}

TEST_P(CacheTest, selection_by_bytes_prefix_takes_only_bytes) {
  Cache cache = open();
  cache.put("ab", 1);
  cache.put(to_bytes(as_bytes("ab")), 2);
  cache.put(to_bytes(as_bytes("b")), 3);

  EXPECT_EQ(cache.erase_selected({.prefix = KeyPrefix::bytes(as_bytes("a"))}), 1U);
  EXPECT_TRUE(cache.contains("ab"));
}

TEST_P(CacheTest, selection_by_tuple_prefix_takes_what_continues_it) {
  Cache cache = open();
  for (int i = 0; i < 300; ++i) cache.put(std::tuple("Oslo", i % 3, i), i);
  cache.put(std::tuple("Oslo", 1), 1);
  cache.put(std::tuple("Oslo"), 1);
  cache.put("Oslo", 1);

  EXPECT_EQ(cache.count({.prefix = KeyPrefix::tuple(std::tuple("Oslo", 1))}), 101U);
  EXPECT_EQ(cache.erase_selected({.prefix = KeyPrefix::tuple(std::tuple("Oslo"))}), 302U);
  EXPECT_EQ(cache.size(), 1U);
  expect_kind(ErrorKind::invalid_argument, [] { (void)KeyPrefix::tuple("Oslo"); });
}

TEST_P(CacheTest, selection_finds_long_keys_that_begin_alike) {
  Cache cache = open();
  const std::string beginning(600, 'x');
  for (int i = 0; i < 400; ++i) cache.put(beginning + std::to_string(i), i);
  cache.put(std::string(599, 'x'), 1);

  EXPECT_EQ(cache.count({.prefix = KeyPrefix::text(beginning)}), 400U);
  EXPECT_EQ(cache.count({.prefix = KeyPrefix::text(beginning + "1")}), 111U);
  EXPECT_EQ(cache.erase_selected({.prefix = KeyPrefix::text(beginning)}), 400U);
  EXPECT_EQ(cache.size(), 1U);
}

TEST_P(CacheTest, selection_by_tag_lists_in_insertion_order) {
  Cache cache = open();
  for (const char* key : {"c", "a", "b"}) cache.put(key, 1, {.tags = {"t", "other"}});
  cache.put("d", 1, {.tags = {"tt"}});
  cache.put("c", 2, {.tags = {"t"}});

  EXPECT_EQ(texts(cache.select({.tag = "t"})), (Strings{"\"c\"", "\"a\"", "\"b\""}));
  EXPECT_EQ(cache.count({.tag = "other"}), 2U);
  EXPECT_EQ(cache.count({.tag = "nobody"}), 0U);
  EXPECT_EQ(cache.count({.tag = ""}), 0U);
}

TEST_P(CacheTest, selection_holds_for_all_that_is_set) {
  Cache cache = open();
  for (int i = 0; i < 20; ++i) {
    cache.put((i % 2 == 0 ? "even/" : "odd/") + std::to_string(i), i,
              {.tags = {i < 10 ? "low" : "high"}});
  }
  const Selection selection{.tag = "low",
                            .prefix = KeyPrefix::text("even/"),
                            .matches = [](const Key& key, const EntryInfo& info) {
                              return key != Key("even/4") && info.tags == Strings{"low"};
                            }};

  EXPECT_EQ(cache.count(selection), 4U);
  EXPECT_EQ(cache.erase_selected(selection), 4U);
  EXPECT_EQ(cache.size(), 16U);
  EXPECT_TRUE(cache.contains("even/4"));
}

TEST_P(CacheTest, selection_of_nothing_set_is_everything) {
  Cache cache = open();
  for (int i = 0; i < 1000; ++i) cache.put(i, i);
  EXPECT_EQ(cache.count({}), 1000U);
  EXPECT_EQ(cache.erase_selected({}), 1000U);
  EXPECT_TRUE(cache.empty());
}

TEST_P(CacheTest, selection_passes_over_what_is_expired) {
  Cache cache = open();
  cache.put("gone", 1, {.ttl = 1s, .tags = {"t"}});
  cache.put("here", 1, {.tags = {"t"}});
  clock_.advance(1s);

  EXPECT_EQ(texts(cache.select({.tag = "t"})), Strings{"\"here\""});
  EXPECT_EQ(cache.erase_selected({.prefix = KeyPrefix::text("")}), 1U);
}

TEST_P(CacheTest, predicate_sees_size_and_times) {
  Cache cache = open();
  cache.put("old", std::string(1000, 'x'));
  clock_.advance(10s);
  cache.put("new", std::string(1000, 'x'));
  cache.put("small", 1);
  const WallTime now = clock_.now();

  EXPECT_EQ(cache.erase_selected({.matches =
                                      [&](const Key&, const EntryInfo& info) {
                                        return info.bytes > 500 && now - info.stored_at >= 10s;
                                      }}),
            1U);
  EXPECT_EQ(keys(cache), (Strings{"new", "small"}));
}

TEST_P(CacheTest, predicate_that_throws_leaves_the_batch_as_it_was) {
  Cache cache = open();
  for (int i = 0; i < 10; ++i) cache.put(i, i);
  int calls = 0;
  EXPECT_THROW(cache.erase_selected({.matches =
                                         [&](const Key&, const EntryInfo&) {
                                           if (++calls == 15) throw std::runtime_error("no");
                                           return true;
                                         }}),
               std::runtime_error);
  EXPECT_EQ(cache.size(), 10U);
}

TEST_P(CacheTest, predicate_may_read_entries_that_each_use_moves) {
  Cache cache = open();
  for (int i = 0; i < 10; ++i) cache.put(i, i, {.idle_ttl = 10s});
  clock_.advance(5s);
  EXPECT_EQ(cache.erase_selected({.matches =
                                      [&](const Key& key, const EntryInfo&) {
                                        return cache.get<int>(key).value_or(0) % 2 == 1;
                                      }}),
            5U);
  EXPECT_EQ(cache.size(), 5U);
}

TEST_P(CacheTest, selection_is_erased_in_one_change_within_a_transaction) {
  Cache cache = open();
  for (int i = 0; i < 1000; ++i) cache.put(i, i, {.tags = {"t"}});
  EXPECT_THROW(cache.transact([&] {
    EXPECT_EQ(cache.erase_selected({.tag = "t"}), 1000U);
    EXPECT_EQ(cache.count({.tag = "t"}), 0U);
    throw std::runtime_error("undo");
  }),
               std::runtime_error);
  EXPECT_EQ(cache.count({.tag = "t"}), 1000U);
}

TEST_P(CacheTest, selection_tells_the_removal_hook) {
  Strings heard;
  CacheHooks with_hook = hooks();
  with_hook.on_remove = [&](const Key& key, RemovalCause cause) {
    EXPECT_EQ(cause, RemovalCause::erased);
    heard.push_back(key.as<std::string>());
  };
  Cache cache(engine_, {}, with_hook);
  for (const char* key : {"a1", "b1", "a2"}) cache.put(key, 1);
  cache.erase_selected({.prefix = KeyPrefix::text("a")});
  EXPECT_EQ(heard, (Strings{"a1", "a2"}));
  EXPECT_EQ(cache.stats().erased, 2U);
}

TEST(CacheSelection, value_files_go_with_their_entries) {
  const TempDir folder(memory_folder());
  Cache cache = Cache::open({.path = folder / "c",
                             .settings = CacheSettings{.file_above_bytes = 100},
                             .durability = Durability::disposable});
  const auto files = [&] { return value_files(folder / "c").size(); };
  for (int i = 0; i < 20; ++i) {
    cache.put(std::tuple(i % 2, i), std::string(1000, 'x'), {.tags = {"t"}});
  }
  EXPECT_EQ(files(), 20U);
  EXPECT_THROW(cache.transact([&] {
    cache.erase_selected({.tag = "t"});
    throw std::runtime_error("undo");
  }),
               std::runtime_error);
  EXPECT_EQ(files(), 20U);
  EXPECT_EQ(cache.erase_selected({.prefix = KeyPrefix::tuple(std::tuple(1))}), 10U);
  EXPECT_EQ(files(), 10U);
  EXPECT_EQ(cache.verify().problems, Strings{});
}

}  // namespace
}  // namespace larder::test
