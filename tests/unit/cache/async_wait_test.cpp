// SPDX-License-Identifier: Apache-2.0

// Nothing blocks the loop, and who waits has no thread: reads go on whatever others wait for.

#include <atomic>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "async_fixture.h"

namespace larder::test {

INSTANTIATE_TEST_SUITE_P(Engines, AsyncProcessesTest, testing::Values(lmdb_engine()), engine_name);

namespace {

/// A process that stays within `hold(told)` until it is told to go on or killed.
class Holder {
 public:
  template <typename Hold>
  explicit Holder(Hold hold)
      : child_([&] {
          line_.parent.close();
          return hold([&] {
            line_.child.send("here");
            static_cast<void>(line_.child.receive());
          });
        }) {
    line_.child.close();
    EXPECT_EQ(line_.parent.receive(), "here");
  }

  void release() {
    line_.parent.close();
    EXPECT_TRUE(child_.wait().is_good());
  }
  void kill() const { child_.kill(SIGKILL); }

 private:
  ChannelPair line_;
  Child child_;
};

TEST_P(AsyncProcessesTest, loop_ticks_and_reads_while_another_process_holds_the_turn_to_write) {
  Cache plain = open();
  plain.put("a", 1);
  Holder other([&](auto wait) {
    plain.transact([&] { wait(); });
    return 0;
  });
  AsyncCache cache(open_async());
  constexpr int writes = 50;
  int written = 0;
  for (int i = 0; i < writes; ++i) {
    cache.put(i, i).then([&](AsyncResult<void> result) {
      std::move(result).get();
      ++written;
    });
  }
  loop_.tick(100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(await(cache.get<int>("a")), 1);
  EXPECT_EQ(written, 0);

  other.release();
  loop_.run_until([&] { return written == writes; });
  EXPECT_EQ(plain.size(), static_cast<std::uint64_t>(writes) + 1);
}

TEST_P(AsyncProcessesTest, many_who_wait_for_another_process_to_load_keep_nobody_from_anything) {
  Cache plain = open();
  plain.put("a", 1);
  Holder other([&](auto wait) {
    plain.get_or_load("slow", [&] {
      plain.get_or_load("slower", [&] {
        wait();
        return 2;
      });
      return 1;
    });
    return 0;
  });
  AsyncCache cache(open_async());
  constexpr int callers = 200;
  int answered = 0;
  int loads = 0;
  for (int i = 0; i < callers; ++i) {
    const bool which = i % 2 == 0;
    cache.get_or_load(which ? "slow" : "slower", [&] { return ++loads; })
        .then([&, which](AsyncResult<int> value) {
          EXPECT_EQ(std::move(value).get(), which ? 1 : 2);
          ++answered;
        });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(await(cache.get<int>("a")), 1);
    await(cache.put("b", i));
    EXPECT_EQ(await(cache.get_or_load(i, [i] { return i; })), i) << "another key can be loaded";
  }
  EXPECT_EQ(answered, 0);

  other.release();
  loop_.run_until([&] { return answered == callers; });
  EXPECT_EQ(loads, 0);
}

TEST_P(AsyncProcessesTest, next_one_loads_if_the_process_that_did_is_killed) {
  Cache plain = open();
  const Holder other([&](auto wait) {
    plain.get_or_load("a", [&] {
      wait();
      return 1;
    });
    return 0;
  });
  AsyncCache cache(open_async());
  std::vector<Answer<int>> answers(10);
  std::atomic<int> loads{0};
  for (auto& answer : answers) {
    cache.get_or_load("a", [&] { return 10 + ++loads; }).then(answer.callback());
  }
  loop_.tick(20);
  other.kill();
  for (auto& answer : answers) {
    loop_.run_until([&] { return answer.is_there(); });
    EXPECT_EQ(answer.get(), 11);
  }
}

TEST_P(AsyncCacheTest, many_who_want_one_key_wait_for_one_load_without_threads) {
  AsyncCache cache(open_async());
  std::atomic<bool> may_end{false};
  std::atomic<int> loads{0};
  const auto load = [&] {
    ++loads;
    may_end.wait(false);
    return 7;
  };
  int answered = 0;
  for (int i = 0; i < 100; ++i) {
    cache.get_or_load("a", load).then([&](AsyncResult<int> value) {
      EXPECT_EQ(std::move(value).get(), 7);
      ++answered;
    });
  }
  loop_.run_until([&] { return loads > 0; });
  EXPECT_EQ(await(cache.get_or_load("b", [] { return 8; })), 8) << "another thread loads";
  EXPECT_EQ(await(cache.get<int>("b")), 8);
  EXPECT_EQ(answered, 0);
  may_end = true;
  may_end.notify_all();
  loop_.run_until([&] { return answered == 100; });
  EXPECT_EQ(loads, 1);
}

TEST_P(AsyncCacheTest, all_who_wait_get_what_the_loader_throws) {
  AsyncCache cache(open_async());
  std::atomic<bool> may_end{false};
  std::atomic<int> loads{0};
  int failed = 0;
  for (int i = 0; i < 20; ++i) {
    cache
        .get_or_load("a",
                     [&]() -> int {
                       ++loads;
                       may_end.wait(false);
                       throw std::runtime_error("no luck");
                     })
        .then([&](AsyncResult<int> value) {
          EXPECT_THROW(std::move(value).get(), std::runtime_error);
          ++failed;
        });
  }
  loop_.run_until([&] { return loads > 0; });
  loop_.tick(20);
  may_end = true;
  may_end.notify_all();
  loop_.run_until([&] { return failed == 20; });
}

TEST_P(AsyncCacheTest, slow_loaders_leave_a_thread_to_hits_and_writes) {
  AsyncCache cache(open_async());
  await(cache.put("hit", 1));
  std::atomic<bool> may_end{false};
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    cache
        .get_or_load(i,
                     [&, i] {
                       may_end.wait(false);
                       return i;
                     })
        .then([&](const AsyncResult<int>&) { ++answered; });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(await(cache.get_or_load("hit", [] { return 2; })), 1);
    await(cache.put("n", i));
  }
  EXPECT_EQ(answered, 0);
  may_end = true;
  may_end.notify_all();
  loop_.run_until([&] { return answered == 20; });
}

TEST_P(AsyncCacheTest, loaders_that_wait_for_other_loads_do_not_wait_for_ever) {
  // Each of many loaders wants a value that is being asked for asynchronously as well, more than
  // there are threads.
  AsyncCache cache(open_async());
  Cache plain = open();
  int answered = 0;
  for (int i = 0; i < 40; ++i) {
    cache
        .get_or_load(
            "outer" + std::to_string(i),
            [&, i] { return 1 + plain.get_or_load("inner" + std::to_string(i), [] { return 1; }); })
        .then([&](AsyncResult<int> value) {
          EXPECT_EQ(std::move(value).get(), 2);
          ++answered;
        });
    cache.get_or_load("inner" + std::to_string(i), [] { return 1; })
        .then([&](AsyncResult<int> value) {
          EXPECT_EQ(std::move(value).get(), 1);
          ++answered;
        });
  }
  loop_.run_until([&] { return answered == 80; });
}

TEST_P(AsyncCacheTest, many_who_wait_for_items_get_one_each) {
  AsyncCache cache(open_async());
  Queue queue(open(), "jobs");
  Queue other(open(), "other jobs");
  constexpr int consumers = 50;
  std::vector<int> got;
  int other_got = 0;
  for (int i = 0; i < consumers; ++i) {
    cache.pull_within<int>(1h, queue).then([&](AsyncResult<std::optional<QueueItem<int>>> item) {
      got.push_back(std::move(item).get()->value);
    });
  }
  cache.pull_within<int>(1h, other).then([&](AsyncResult<std::optional<QueueItem<int>>> item) {
    other_got = std::move(item).get()->value;
  });
  loop_.tick(20);
  await(cache.put("a", 1));
  EXPECT_TRUE(got.empty());
  other.push(7);
  loop_.run_until([&] { return other_got == 7; });
  for (int i = 0; i < consumers; ++i) queue.push(i);
  loop_.run_until([&] { return got.size() == consumers; });
  std::ranges::sort(got);
  for (int i = 0; i < consumers; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
}

TEST_P(AsyncProcessesTest, push_of_another_process_wakes_who_waits) {
  Queue queue(open(), "jobs");
  ChannelPair line;
  Child child([&] {
    line.parent.close();
    for (int i = 0; i < 20; ++i) {
      static_cast<void>(line.child.receive());
      queue.push(i);
    }
    return 0;
  });
  line.child.close();
  AsyncCache cache(open_async());
  for (int i = 0; i < 20; ++i) {
    Answer<std::optional<QueueItem<int>>> answer;
    cache.pull_within<int>(1h, queue).then(answer.callback());
    loop_.tick(3);
    EXPECT_FALSE(answer.is_there());
    line.parent.send("push");
    loop_.run_until([&] { return answer.is_there(); });
    EXPECT_EQ(answer.get()->value, i);
  }
  EXPECT_TRUE(child.wait().is_good());
}

}  // namespace
}  // namespace larder::test
