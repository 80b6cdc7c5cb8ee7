// SPDX-License-Identifier: Apache-2.0

// Operations that do not come to their end: limits in time, stops, and the end of what does them.

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "async_fixture.h"

namespace larder::test {
namespace {

using Item = std::optional<QueueItem<int>>;

TEST_P(AsyncCacheTest, write_gives_up_when_its_time_is_over) {
  Cache plain = open();
  {
    const HeldTurn other(engine_);
    AsyncCache cache(open_async());
    expect_kind(ErrorKind::unavailable, [&] { await(cache.put("a", 1).within(20ms)); });
    std::vector<Answer<void>> answers(5);  // of which one has a thread
    for (auto& answer : answers) cache.put("a", 1).within(20ms).then(answer.callback());
    for (auto& answer : answers) {
      loop_.run_until([&] { return answer.is_there(); });
      expect_kind(ErrorKind::unavailable, [&] { answer.get(); });
    }
  }
  EXPECT_EQ(plain.get<int>("a"), std::nullopt);
}

TEST_P(AsyncCacheTest, write_waits_no_longer_than_the_options_say) {
  const HeldTurn other(engine_);
  AsyncCache cache(open_async({.timeout = 20ms}));
  expect_kind(ErrorKind::unavailable, [&] { await(cache.put("a", 1)); });
  expect_kind(ErrorKind::unavailable,
              [&] { await(cache.transact([](Cache& in) { in.put("a", 1); })); });
}

TEST_P(AsyncCacheTest, who_waits_for_an_item_gives_up_when_its_time_is_over) {
  AsyncCache cache(open_async());
  const Queue queue(open(), "jobs");
  expect_kind(ErrorKind::unavailable,
              [&] { await(cache.pull_within<int>(1h, queue).within(5ms)); });
  EXPECT_EQ(await(cache.pull_within<int>(5ms, queue).within(1h)), std::nullopt);
  expect_kind(ErrorKind::unavailable, [&] { await(cache.get<int>("a").within(-1s)); });
}

TEST_P(AsyncCacheTest, who_waits_for_a_load_gives_up_when_its_time_is_over) {
  constexpr auto limit = 500ms;  // in which even a busy machine begins to load
  AsyncCache cache(open_async());
  std::atomic<bool> may_end{false};
  Answer<int> first;
  std::atomic<bool> is_loading{false};
  const SteadyTime begin = Clock::system().steady_now();
  cache
      .get_or_load("a",
                   [&] {
                     is_loading = true;
                     may_end.wait(false);
                     return 1;
                   })
      .within(limit)
      .then(first.callback());
  loop_.run_until([&] { return is_loading.load(); });
  const auto load = [] { return 2; };
  expect_kind(ErrorKind::unavailable, [&] { await(cache.get_or_load("a", load).within(5ms)); });
  expect_kind(ErrorKind::unavailable,
              [&] { await(cache.get_or_load("a", load, {.timeout = 5ms})); });
  loop_.run_until([&] { return Clock::system().steady_now() > begin + limit; });
  loop_.tick(10);
  EXPECT_FALSE(first.is_there()) << "a loader that has begun comes to its end";
  may_end = true;
  may_end.notify_all();
  loop_.run_until([&] { return first.is_there(); });
  EXPECT_EQ(first.get(), 1);
}

TEST_P(AsyncCacheTest, stop_ends_what_waits) {
  const Queue queue(open(), "jobs");
  const HeldTurn other(engine_);
  AsyncCache cache(open_async());
  std::stop_source stop;
  std::vector<Answer<void>> writes(3);  // one is under way, two are in line
  for (auto& write : writes) {
    cache.put("a", 1).stopped_by(stop.get_token()).then(write.callback());
  }
  Answer<Item> item;
  cache.pull_within<int>(1h, queue).stopped_by(stop.get_token()).then(item.callback());
  loop_.tick(10);
  EXPECT_FALSE(item.is_there());
  stop.request_stop();
  EXPECT_FALSE(item.is_there()) << "it is answered in the loop, not in request_stop()";
  loop_.run_until([&] { return item.is_there(); });
  expect_kind(ErrorKind::unavailable, [&] { item.get(); });
  for (auto& write : writes) {
    loop_.run_until([&] { return write.is_there(); });
    expect_kind(ErrorKind::unavailable, [&] { write.get(); });
  }
}

TEST_P(AsyncCacheTest, stop_before_the_beginning_and_after_the_end) {
  AsyncCache cache(open_async());
  std::stop_source stop;
  await(cache.put("a", 1).stopped_by(stop.get_token()));
  stop.request_stop();
  expect_kind(ErrorKind::unavailable,
              [&] { await(cache.put("a", 2).stopped_by(stop.get_token())); });
  EXPECT_EQ(await(cache.get<int>("a")), 1);
}

TEST_P(AsyncCacheTest, stops_and_limits_race_with_the_end_and_answer_once) {
  AsyncCache cache(open_async());
  const Queue queue(open(), "jobs");
  std::vector<Answer<Item>> answers(200);
  std::vector<std::stop_source> stops(answers.size());
  Queue pushing = queue;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    cache.pull_within<int>(1h, queue)
        .within(std::chrono::microseconds{i * 100})
        .stopped_by(stops[i].get_token())
        .then(answers[i].callback());
  }
  std::thread stopper([&] {
    for (std::size_t i = 0; i < stops.size(); i += 2) stops[i].request_stop();
  });
  std::thread pusher([&] {
    for (int i = 0; i < 100; ++i) pushing.push(i);
  });
  int pulled = 0;
  for (auto& answer : answers) {
    loop_.run_until([&] { return answer.is_there(); });
    if (*answer.result) pulled += answer.get() ? 1 : 0;
  }
  stopper.join();
  pusher.join();
  loop_.tick(10);
  for (const auto& answer : answers) EXPECT_EQ(answer.times, 1);
  EXPECT_EQ(queue.size() + static_cast<std::uint64_t>(pulled), 100U) << "no item is lost";
  pushing.clear();
}

TEST_P(AsyncCacheTest, end_gives_up_what_waits_and_waits_for_what_has_begun) {
  const Queue queue(open(), "jobs");
  Answer<Item> item;
  Answer<int> loaded;
  Answer<int> in_line;
  std::vector<Answer<int>> slow(4);
  std::atomic<int> begun{0};
  std::atomic<bool> may_end{false};
  std::thread end;
  {
    AsyncCache cache(open_async());
    cache.pull_within<int>(1h, queue).then(item.callback());
    for (int i = 0; i < 4; ++i) {
      cache
          .get_or_load(i,
                       [&, i] {
                         ++begun;
                         may_end.wait(false);
                         return i;
                       })
          .then(slow[static_cast<std::size_t>(i)].callback());
    }
    loop_.run_until([&] { return begun == 2; });
    end = std::thread([&] {
      may_end = true;
      may_end.notify_all();
    });
  }
  end.join();
  loop_.run_until([&] { return item.is_there(); });
  expect_kind(ErrorKind::unavailable, [&] { item.get(); });
  int finished = 0;
  for (auto& answer : slow) {
    loop_.run_until([&] { return answer.is_there(); });
    if (*answer.result) {
      ++finished;
    } else {
      expect_kind(ErrorKind::unavailable, [&] { answer.get(); });
    }
  }
  EXPECT_EQ(finished, begun);
}

TEST_P(AsyncCacheTest, end_does_not_wait_for_other_writers) {
  const HeldTurn other(engine_);
  std::future<void> first;
  std::future<void> second;
  {
    AsyncCache cache(open());
    first = cache.put("a", 1).future();
    second = cache.put("a", 2).future();
  }
  expect_kind(ErrorKind::unavailable, [&] { first.get(); });
  expect_kind(ErrorKind::unavailable, [&] { second.get(); });
}

TEST_P(AsyncCacheTest, operation_that_begins_after_the_end_is_answered) {
  std::optional<Async<void>> late;
  {
    AsyncCache cache(open());
    late.emplace(cache.put("a", 1));
  }
  std::future<void> answer = (*std::move(late)).future();
  expect_kind(ErrorKind::unavailable, [&] { answer.get(); });
}

TEST_P(AsyncCacheTest, object_may_end_in_a_callback) {
  for (int round = 0; round < 20; ++round) {
    auto cache = std::make_shared<AsyncCache>(open());
    std::promise<void> gone;
    AsyncCache& alive = *cache;
    alive.put("a", 1).then([&gone, cache = std::move(cache)](const AsyncResult<void>&) mutable {
      cache.reset();
      gone.set_value();
    });
    gone.get_future().wait();
  }
}

TEST_P(AsyncCacheTest, what_an_executor_drops_is_answered) {
  AsyncCache cache(open_async({.work_on = [](const std::function<void()>&) {}}));
  for (int i = 0; i < 5; ++i) {
    expect_kind(ErrorKind::unavailable, [&] { await(cache.put("a", 1)); });
  }
  AsyncCache refused(
      open_async({.work_on = [](const std::function<void()>&) { throw std::bad_alloc(); }}));
  expect_kind(ErrorKind::unavailable, [&] { await(refused.put("a", 1)); });
}

TEST_P(AsyncCacheTest, work_is_done_on_the_executor_that_is_given) {
  ThreadPool pool(2);
  std::atomic<int> tasks{0};
  AsyncCache cache(open_async({.work_on = [&](std::function<void()> task) {
    ++tasks;
    pool.run(std::move(task));
  }}));
  for (int i = 0; i < 50; ++i) await(cache.put(i, i));
  EXPECT_EQ(tasks, 50);
  AsyncCache direct(open_async({.work_on = [](const std::function<void()>& task) { task(); }}));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(await(direct.get<int>(i)), i);
}

TEST_P(AsyncCacheTest, keeps_the_cache_open) {
  std::optional<Cache> plain = open();
  AsyncCache cache(*plain);
  plain.reset();
  cache.put("a", 1).future().get();
  EXPECT_EQ(cache.get<int>("a").future().get(), 1);
}

TEST_P(AsyncProcessesTest, child_of_a_fork_begins_anew) {
  Queue queue(open(), "jobs");
  Answer<Item> item;
  auto cache = std::make_unique<AsyncCache>(open(), AsyncOptions{.resume_on = loop_.executor()});
  cache->pull_within<int>(1h, queue).then(item.callback());
  loop_.tick(10);
  EXPECT_TRUE(run_in_child([&] {
                const bool is_good =
                    cache->get<int>("none").on([](const auto& task) { task(); }).future().get() ==
                    std::nullopt;
                cache->put("child", 1).on([](const auto& task) { task(); }).future().get();
                cache.reset();  // waits for nothing of the parent
                return is_good ? 0 : 1;
              }).is_good());
  EXPECT_EQ(open().get<int>("child"), 1);
  EXPECT_FALSE(item.is_there());
  queue.push(7);
  loop_.run_until([&] { return item.is_there(); });
  EXPECT_EQ(item.get()->value, 7) << "it is still the parent's";
}

}  // namespace
}  // namespace larder::test
