// SPDX-License-Identifier: Apache-2.0

// Operations that are done elsewhere: what they come to, how they are answered, and where.

#include "larder/cache/async.h"

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "async_fixture.h"

namespace larder::test {

INSTANTIATE_TEST_SUITE_P(Engines, AsyncCacheTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);

namespace {

TEST_P(AsyncCacheTest, does_what_a_cache_does) {
  AsyncCache cache(open_async());
  await(cache.put("a", 1, {.ttl = 10s}));
  EXPECT_EQ(await(cache.get<int>("a")), 1);
  EXPECT_EQ(await(cache.get<int>("b")), std::nullopt);
  EXPECT_EQ(await(cache.get_entry<int>("a"))->expires_at, clock_.now() + 10s);
  EXPECT_TRUE(await(cache.touch("a")));
  EXPECT_EQ(await(cache.get_entry<int>("a"))->expires_at, std::nullopt);
  EXPECT_FALSE(await(cache.add("a", 2)));
  EXPECT_TRUE(await(cache.add("text", "some")));
  await(cache.put("text", "other"));
  EXPECT_EQ(await(cache.pop<std::string>("text")), "other");
  EXPECT_TRUE(await(cache.erase("a")));
  EXPECT_EQ(await(cache.incr("n")), 1);
  EXPECT_EQ(await(cache.incr("n", 5)), 6);
  EXPECT_EQ(await(cache.read([](const Cache& all) { return all.size(); })), 1U);
  await(cache.write([](Cache& all) { all.clear(); }));
  EXPECT_EQ(await(cache.read([](const Cache& all) { return all.size(); })), 0U);
}

TEST_P(AsyncCacheTest, queue_does_what_a_queue_does) {
  AsyncCache cache(open_async());
  const Queue queue(open(), "jobs");
  EXPECT_EQ(await(cache.pull<int>(queue)), std::nullopt);
  const std::int64_t first = await(cache.push(queue, 1));
  await(cache.push(queue, 2, Side::front));
  EXPECT_EQ(await(cache.pull<int>(queue))->value, 2);
  const auto item = await(cache.pull_within<int>(10s, queue));
  EXPECT_EQ(item->value, 1);
  EXPECT_EQ(item->id, first);
  EXPECT_EQ(await(cache.pull_within<int>(5ms, queue)), std::nullopt);
}

TEST_P(AsyncCacheTest, transaction_is_all_or_nothing) {
  AsyncCache cache(open_async());
  EXPECT_EQ(await(cache.transact([](Cache& in) {
              in.put("a", 1);
              return in.incr("n");
            })),
            1);
  EXPECT_THROW(await(cache.transact([](Cache& in) {
                 in.erase("a");
                 throw std::runtime_error("no");
               })),
               std::runtime_error);
  EXPECT_EQ(open().get<int>("a"), 1);
}

TEST_P(AsyncCacheTest, values_are_loaded_as_by_a_cache) {
  AsyncCache cache(open_async());
  int loads = 0;
  const auto load = [&] { return ++loads; };
  EXPECT_EQ(await(cache.get_or_load("a", load, {.put = {.tags = {"t"}}})), 1);
  EXPECT_EQ(await(cache.get_or_load("a", load)), 1);
  const CacheStats stats = open().stats();
  EXPECT_EQ(stats.loads, 1U);
  EXPECT_EQ(stats.misses, 1U);
  EXPECT_EQ(stats.hits, 1U);
  EXPECT_EQ(open().count({.tag = "t"}), 1U);

  const auto nothing = [&]() -> std::optional<int> {
    ++loads;
    return std::nullopt;
  };
  EXPECT_EQ(await(cache.get_or_load("b", nothing, {.absent_ttl = 10s})), std::nullopt);
  EXPECT_EQ(await(cache.get_or_load("b", nothing, {.absent_ttl = 10s})), std::nullopt);
  EXPECT_EQ(loads, 2);
  EXPECT_THROW(await(cache.get_or_load("c", []() -> int { throw std::runtime_error("no"); })),
               std::runtime_error);
}

TEST_P(AsyncCacheTest, stale_value_is_returned_while_another_is_loaded) {
  AsyncCache cache(open_async());
  std::atomic<int> loads{0};
  const auto load = [&] { return ++loads; };
  const LoadOptions options{.put = {.ttl = 10s, .stale_for = 20s}};
  EXPECT_EQ(await(cache.get_or_load("a", load, options)), 1);
  clock_.advance(15s);
  EXPECT_EQ(await(cache.get_or_load("a", load, options)), 1);
  loop_.run_until([&] { return open().get<int>("a") == 2; });
  EXPECT_EQ(await(cache.get_or_load("a", load, options)), 2);
}

TEST_P(AsyncCacheTest, works_over_shards) {
  TempDir folder{memory_folder()};
  AsyncCache cache(Cache::open({.path = folder / "c", .shards = 4}));
  std::vector<std::future<int>> values;
  values.reserve(100);
  for (int i = 0; i < 100; ++i) {
    values.push_back(cache.get_or_load(Key(i), [i] { return i; }).future());
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)].get(), i);
  EXPECT_EQ(cache.read([](const Cache& all) { return all.size(); }).future().get(), 100U);
}

TEST_P(AsyncCacheTest, answers_in_the_thread_of_the_loop_or_where_it_is_told_to) {
  AsyncCache cache(open_async());
  Answer<void> here;
  cache.put("a", 1).then(here.callback());
  EXPECT_FALSE(here.is_there()) << "not before the loop goes on";
  loop_.run_until([&] { return here.is_there(); });
  EXPECT_EQ(here.thread, std::this_thread::get_id());

  EventLoop other;
  Answer<void> there;
  cache.put("a", 2).on(other.executor()).then(there.callback());
  loop_.tick(20);
  EXPECT_FALSE(there.is_there());
  other.run_until([&] { return there.is_there(); });
  EXPECT_EQ(here.times + there.times, 2);
}

TEST_P(AsyncCacheTest, answers_where_the_work_is_done_if_nothing_is_said) {
  AsyncCache cache(open());
  std::promise<std::thread::id> thread;
  cache.put("a", 1).then(
      [&](const AsyncResult<void>&) { thread.set_value(std::this_thread::get_id()); });
  EXPECT_NE(thread.get_future().get(), std::this_thread::get_id());
}

TEST_P(AsyncCacheTest, future_has_the_value_or_what_was_thrown) {
  AsyncCache cache(open());
  cache.put("a", "text").future().get();
  EXPECT_EQ(cache.get<std::string>("a").future().get(), "text");
  expect_kind(ErrorKind::invalid_argument, [&] { cache.incr("a").future().get(); });
}

TEST_P(AsyncCacheTest, result_tells_what_it_is) {
  AsyncCache cache(open_async());
  Answer<std::int64_t> good;
  Answer<std::int64_t> bad;
  cache.incr("n").then(good.callback());
  loop_.run_until([&] { return good.is_there(); });
  cache.put("text", "x").future().wait_for(0s);
  cache.write([](Cache&) -> std::int64_t { throw std::runtime_error("no"); }).then(bad.callback());
  loop_.run_until([&] { return bad.is_there(); });
  EXPECT_TRUE(*good.result);
  EXPECT_EQ(good.result->error(), nullptr);
  EXPECT_FALSE(*bad.result);
  EXPECT_NE(bad.result->error(), nullptr);
  EXPECT_THROW(bad.get(), std::runtime_error);
}

TEST_P(AsyncCacheTest, callback_and_values_need_not_be_copyable) {
  AsyncCache cache(open_async());
  bool is_called = false;
  cache.read([own = std::make_unique<int>(7)](const Cache&) { return std::make_unique<int>(*own); })
      .then([&, own = std::make_unique<int>(1)](AsyncResult<std::unique_ptr<int>> result) {
        EXPECT_EQ(*std::move(result).get() + *own, 8);
        is_called = true;
      });
  loop_.run_until([&] { return is_called; });
}

TEST_P(AsyncCacheTest, what_a_callback_throws_goes_to_the_log) {
  {
    AsyncCache cache(open());
    cache.put("a", 1).then([](const AsyncResult<void>&) { throw std::runtime_error("no luck"); });
    cache.put("a", 1).future().get();
  }
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_EQ(log_[0], "cache: a callback failed: no luck");
}

TEST_P(AsyncCacheTest, operation_that_is_never_begun_does_nothing) {
  AsyncCache cache(open_async());
  {
    static_cast<void>(cache.put("a", 1));
  }
  loop_.tick(5);
  EXPECT_EQ(await(cache.get<int>("a")), std::nullopt);
}

Detached count_to(AsyncCache& cache, int most, std::vector<int>& seen) {
  for (int i = 0; i < most; ++i) {
    co_await cache.put("n", i);
    seen.push_back((co_await cache.get<int>("n")).value());
  }
}

TEST_P(AsyncCacheTest, coroutine_goes_on_in_the_loop) {
  AsyncCache cache(open_async());
  std::vector<int> seen;
  count_to(cache, 50, seen);
  EXPECT_TRUE(seen.empty());
  loop_.run_until([&] { return seen.size() == 50; });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

Detached catch_error(AsyncCache& cache, std::string& caught) {
  try {
    co_await cache.transact([](Cache&) { throw std::runtime_error("no luck"); });
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
}

TEST_P(AsyncCacheTest, coroutine_gets_what_was_thrown) {
  AsyncCache cache(open_async());
  std::string caught;
  catch_error(cache, caught);
  loop_.run_until([&] { return !caught.empty(); });
  EXPECT_EQ(caught, "no luck");
}

TEST_P(AsyncCacheTest, coroutines_without_a_loop_go_on_in_threads) {
  std::vector<int> first;
  std::vector<int> second;
  Cache plain = open();
  {
    AsyncCache cache(plain);
    const auto count = [](AsyncCache& in, std::string key, std::vector<int>& seen,
                          std::promise<void>& end) -> Detached {
      for (int i = 0; i < 100; ++i) {
        seen.push_back(static_cast<int>(co_await in.incr(Key(key))));
      }
      end.set_value();
    };
    std::promise<void> first_end;
    std::promise<void> second_end;
    count(cache, "first", first, first_end);
    count(cache, "second", second, second_end);
    first_end.get_future().wait();
    second_end.get_future().wait();
  }
  EXPECT_EQ(first.size(), 100U);
  EXPECT_EQ(first, second);
}

Detached wait_for(AsyncCache& cache, const Queue& queue, bool& is_reached, std::shared_ptr<int>) {
  co_await cache.pull_within<int>(1h, queue);
  is_reached = true;
}

TEST_P(AsyncCacheTest, suspended_coroutine_may_be_destroyed_in_the_loop) {
  AsyncCache cache(open_async());
  Queue queue(open(), "jobs");
  bool is_reached = false;
  const auto held = std::make_shared<int>(1);
  wait_for(cache, queue, is_reached, held).coroutine.destroy();
  EXPECT_EQ(held.use_count(), 1);
  queue.push(1);
  loop_.run_until([&] { return queue.empty(); });
  loop_.tick(20);
  EXPECT_FALSE(is_reached);
}

}  // namespace
}  // namespace larder::test
