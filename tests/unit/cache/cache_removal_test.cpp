// SPDX-License-Identifier: Apache-2.0

// CacheHooks::on_remove.

#include <stdexcept>

#include "cache_fixture.h"

namespace larder::test {
namespace {

struct Abort : std::runtime_error {
  Abort() : std::runtime_error("abort") {}
};

const char* name_of(RemovalCause cause) {
  switch (cause) {
    case RemovalCause::expired:
      return "expired";
    case RemovalCause::evicted:
      return "evicted";
    case RemovalCause::erased:
      return "erased";
    case RemovalCause::replaced:
      return "replaced";
  }
  return "unknown";
}

class CacheRemovalTest : public CacheTest {
 protected:
  /// A cache whose removals go to `heard_`.
  [[nodiscard]] Cache listening(const CacheSettings& settings = {}) {
    CacheHooks with_hook = hooks();
    with_hook.on_remove = [this](const Key& key, RemovalCause cause) {
      heard_.push_back(key.as<std::string>() + " " + name_of(cause));
    };
    return Cache(engine_, settings, with_hook);
  }

  /// What was heard since the last call.
  [[nodiscard]] Strings heard() { return std::exchange(heard_, {}); }

 private:
  Strings heard_;
};

TEST_P(CacheRemovalTest, each_cause_is_told) {
  Cache cache = listening({.max_entries = 4, .eviction = Eviction::fifo});
  for (const char* key : {"a", "b", "c", "d"}) cache.put(key, 1, {.tags = {"tag"}});
  EXPECT_EQ(heard(), Strings{});

  cache.put("e", 1);
  EXPECT_EQ(heard(), Strings{"a evicted"});
  cache.put("b", 2);
  EXPECT_EQ(heard(), Strings{"b replaced"});
  cache.incr("b");
  EXPECT_EQ(heard(), Strings{"b replaced"});
  cache.erase("b");
  EXPECT_EQ(heard(), Strings{"b erased"});
  EXPECT_EQ(cache.pop<int>("c"), 1);
  EXPECT_EQ(heard(), Strings{"c erased"});
  EXPECT_EQ(cache.erase_tag("tag"), 1U);
  EXPECT_EQ(heard(), Strings{"d erased"});
  EXPECT_EQ(cache.clear(), 1U);
  EXPECT_EQ(heard(), Strings{"e erased"});
}

TEST_P(CacheRemovalTest, expiry_is_told_whoever_finds_it) {
  Cache cache = listening();
  for (const char* key : {"a", "b", "c", "d"}) cache.put(key, 1, {.ttl = 1s});
  cache.put("stays", 1);
  clock_.advance(1s);

  EXPECT_FALSE(cache.erase("a"));
  EXPECT_EQ(heard(), Strings{"a expired"});
  cache.incr("b");
  EXPECT_EQ(heard(), Strings{"b expired"}) << "not replaced: it was not there any more";
  EXPECT_EQ(cache.expire(), 2U);
  EXPECT_EQ(heard(), (Strings{"c expired", "d expired"}));
}

TEST_P(CacheRemovalTest, what_removes_nothing_is_not_told) {
  Cache cache = listening();
  cache.put("a", 1);
  cache.touch("a", 1h);
  cache.add("a", 2);
  EXPECT_EQ(cache.get<int>("a"), 1);
  cache.erase("b");
  EXPECT_FALSE(cache.pop<std::string>("a")) << "it is no text";

  EXPECT_EQ(heard(), Strings{});
}

TEST_P(CacheRemovalTest, refused_put_is_not_told) {
  Cache cache = listening({.max_bytes = 1000});
  cache.put("a", std::string(400, 'v'));

  expect_kind(ErrorKind::full, [&] { cache.put("a", std::string(1001, 'v')); });

  EXPECT_EQ(heard(), Strings{});
}

TEST_P(CacheRemovalTest, transaction_tells_in_order_after_its_end) {
  Cache cache = listening();
  cache.put("a", 1);
  cache.put("b", 1);
  engine_->update([&](WriteTxn&) {
    cache.erase("a");
    cache.transact([&] { cache.put("b", 2); });
    cache.put("a", 1);
    cache.erase("a");
    EXPECT_EQ(heard(), Strings{}) << "not before the outermost commit";
  });

  EXPECT_EQ(heard(), (Strings{"a erased", "b replaced", "a erased"}));
}

TEST_P(CacheRemovalTest, undone_transaction_tells_nothing) {
  Cache cache = listening({.max_entries = 2, .eviction = Eviction::fifo});
  cache.put("a", 1, {.ttl = 1s});
  cache.put("b", 1);
  clock_.advance(1s);

  const auto failing = [&] {
    cache.transact([&] {
      cache.put("b", 2);
      cache.put("c", 1);
      cache.put("d", 1);
      cache.clear();
      throw Abort();
    });
  };
  EXPECT_THROW(failing(), Abort);

  EXPECT_EQ(heard(), Strings{});
  EXPECT_EQ(cache.get<int>("b"), 1);
}

TEST_P(CacheRemovalTest, nothing_is_told_if_a_caught_failure_undid_the_transaction) {
  Cache cache = listening();
  cache.put("a", 1);

  expect_kind(ErrorKind::invalid_argument, [&] {
    cache.transact([&] {
      cache.erase("a");
      EXPECT_THROW(cache.transact([] { throw Abort(); }), Abort);
    });
  });

  EXPECT_EQ(heard(), Strings{});
  EXPECT_TRUE(cache.contains("a"));
}

TEST_P(CacheRemovalTest, hook_may_use_the_cache_and_sees_what_was_committed) {
  Cache other = open();
  CacheHooks with_hook = hooks();
  with_hook.on_remove = [&](const Key& key, RemovalCause) {
    EXPECT_FALSE(other.contains(key));
    other.incr("removals");
  };
  Cache cache(engine_, {}, with_hook);
  cache.put("a", 1);

  cache.erase("a");

  EXPECT_EQ(cache.get<int>("removals"), 1);
}

TEST_P(CacheRemovalTest, hook_that_throws_is_reported_and_the_others_are_told) {
  CacheHooks with_hook = hooks();
  int calls = 0;
  with_hook.on_remove = [&](const Key& key, RemovalCause) {
    ++calls;
    if (key == Key("a")) throw std::runtime_error("out of luck");
    if (key == Key("b")) throw 5;
  };
  Cache cache(engine_, {}, with_hook);
  for (const char* key : {"a", "b", "c"}) cache.put(key, 1);

  EXPECT_EQ(cache.clear(), 3U);

  EXPECT_EQ(calls, 3);
  ASSERT_EQ(log_.size(), 2U);
  EXPECT_NE(log_[0].find("out of luck"), std::string::npos) << log_[0];
  EXPECT_NE(log_[1].find("\"b\""), std::string::npos) << log_[1];
}

TEST_P(CacheRemovalTest, hook_is_called_even_if_the_cache_is_gone_by_then) {
  Cache(engine_).put("a", 1);
  engine_->update([&](WriteTxn&) { listening().erase("a"); });

  EXPECT_EQ(heard(), Strings{"a erased"});
}

INSTANTIATE_TEST_SUITE_P(Engines, CacheRemovalTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);

}  // namespace
}  // namespace larder::test
