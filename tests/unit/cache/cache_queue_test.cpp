// SPDX-License-Identifier: Apache-2.0

// Queues; peek_item.

#include <array>
#include <atomic>
#include <csignal>
#include <deque>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <thread>

#include "cache_fixture.h"
#include "larder/cache/queue.h"
#include "larder/core/random.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/settings.h"
#include "support/shared_block.h"
#include "value_files.h"

namespace larder::test {
namespace {

class QueueTest : public CacheTest {
 protected:
  void TearDown() override { EXPECT_EQ(open().verify().problems, Strings{}); }

  [[nodiscard]] Queue queue(const std::string& name = "jobs") { return {open(), name}; }
};

std::optional<int> pull(Queue& queue, Side side = Side::front) {
  const auto item = queue.pull<int>(side);
  return item ? std::optional(item->value) : std::nullopt;
}

TEST_P(QueueTest, first_in_is_first_out) {
  Queue jobs = queue();
  for (const int job : {1, 2, 3}) jobs.push(job);
  EXPECT_EQ(jobs.size(), 3U);
  EXPECT_EQ(pull(jobs), 1);
  EXPECT_EQ(pull(jobs), 2);
  jobs.push(4);
  EXPECT_EQ(pull(jobs), 3);
  EXPECT_EQ(pull(jobs), 4);
  EXPECT_EQ(pull(jobs), std::nullopt);
  EXPECT_TRUE(jobs.empty());
}

TEST_P(QueueTest, who_waits_may_leave_the_item_and_pull_it_in_a_transaction) {
  Queue jobs = queue();
  EXPECT_FALSE(jobs.wait_within(std::chrono::milliseconds{1}));
  jobs.push("text");
  EXPECT_TRUE(jobs.wait_within(std::chrono::hours{1}));
  EXPECT_EQ(jobs.size(), 1U);
  const auto take = [&](bool fails) {
    jobs.items().transact([&] {
      expect_kind(ErrorKind::invalid_argument, [&] { jobs.pull<int>(); });
      EXPECT_EQ(jobs.pull<std::string>()->value, "text");
      if (fails) throw std::runtime_error("nobody reads it");
    });
  };
  EXPECT_THROW(take(true), std::runtime_error);
  EXPECT_EQ(jobs.size(), 1U);
  take(false);
  EXPECT_TRUE(jobs.empty());
}

TEST_P(QueueTest, nobody_waits_inside_a_transaction) {
  Cache cache = open();
  Queue jobs(cache, "jobs");
  jobs.push(1);
  cache.transact([&] {
    expect_kind(ErrorKind::invalid_argument, [&] { (void)jobs.pull_within<int>(1h); });
    expect_kind(ErrorKind::invalid_argument, [&] { (void)jobs.wait_within(1h); });
    EXPECT_EQ(jobs.pull<int>()->value, 1);
  });
  EXPECT_TRUE(jobs.empty());
}

TEST_P(QueueTest, both_ends_push_and_pull) {
  Queue jobs = queue();
  jobs.push(2, Side::back);
  jobs.push(1, Side::front);
  jobs.push(3, Side::back);
  jobs.push(0, Side::front);
  EXPECT_EQ(pull(jobs, Side::back), 3);
  EXPECT_EQ(pull(jobs, Side::front), 0);
  EXPECT_EQ(pull(jobs, Side::back), 2);
  EXPECT_EQ(pull(jobs, Side::back), 1);
}

TEST_P(QueueTest, ids_order_the_items_and_never_come_again) {
  Queue jobs = queue();
  std::set<std::int64_t> ids;
  for (int round = 0; round < 5; ++round) {
    const std::int64_t front = jobs.push(1, Side::front);
    const std::int64_t back = jobs.push(2, Side::back);
    EXPECT_LT(front, back);
    EXPECT_TRUE(ids.insert(front).second);
    EXPECT_TRUE(ids.insert(back).second);
    EXPECT_EQ(jobs.pull<int>()->id, front);
    if (round % 2 == 0) {
      EXPECT_EQ(jobs.clear(), 1U);
    } else {
      EXPECT_EQ(jobs.pull<int>()->id, back);
    }
  }
}

TEST_P(QueueTest, queues_are_apart_from_each_other_and_from_keys) {
  Cache cache = open();
  cache.put(1, 10);
  cache.put("jobs-1", 10);
  Cache sub = cache.sub("jobs");
  sub.put(1, 10);
  Queue jobs = queue("jobs");
  Queue others(sub, "jobs");
  EXPECT_EQ(pull(jobs), std::nullopt);
  jobs.push(1);
  others.push(2);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.clear() + sub.clear(), 3U);
  EXPECT_EQ(pull(jobs), 1);
  EXPECT_EQ(pull(others), 2);
  EXPECT_EQ(Queue::names(cache), Strings{"jobs"});
  EXPECT_EQ(cache.subs(), Strings{"jobs"});
  expect_kind(ErrorKind::invalid_argument, [&] { (void)queue(""); });
}

TEST_P(QueueTest, expired_items_are_passed_over_and_removed) {
  Queue jobs = queue();
  for (int i = 0; i < 600; ++i) jobs.push(i, Side::back, {.ttl = 10s});
  jobs.push(600, Side::back, {.ttl = 20s});
  jobs.push(601);
  clock_.advance(10s);
  EXPECT_EQ(jobs.peek<int>()->value, 600);
  EXPECT_EQ(pull(jobs), 600);
  EXPECT_EQ(jobs.size(), 1U);
  EXPECT_EQ(pull(jobs), 601);
}

TEST_P(QueueTest, peek_takes_nothing) {
  Queue jobs = queue();
  EXPECT_FALSE(jobs.peek<int>());
  jobs.push(1, Side::back, {.ttl = 10s, .tags = {"b", "a"}});
  jobs.push(2);
  const auto item = jobs.peek<int>().value();
  EXPECT_EQ(item.value, 1);
  EXPECT_EQ(item.tags, (Strings{"a", "b"}));
  EXPECT_EQ(item.expires_at, clock_.now() + 10s);
  EXPECT_EQ(item.stored_at, clock_.now());
  EXPECT_EQ(jobs.peek<int>(Side::back)->value, 2);
  EXPECT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs.pull<int>()->tags, (Strings{"a", "b"}));
}

TEST_P(QueueTest, item_of_another_type_stays) {
  Queue jobs = queue();
  jobs.push("text");
  expect_kind(ErrorKind::invalid_argument, [&] { (void)jobs.pull<int>(); });
  expect_kind(ErrorKind::invalid_argument, [&] { (void)jobs.peek<int>(); });
  EXPECT_EQ(jobs.pull<std::string>()->value, "text");
}

TEST_P(QueueTest, full_queue_refuses_and_loses_nothing) {
  Queue jobs(open(), "jobs", {.max_entries = 2});
  jobs.push(1);
  jobs.push(2);
  expect_kind(ErrorKind::full, [&] { jobs.push(3); });
  EXPECT_EQ(pull(jobs), 1);
  jobs.push(4);
  expect_kind(ErrorKind::full, [&] { queue().push(5); });
  EXPECT_EQ(pull(jobs), 2);
  EXPECT_EQ(pull(jobs), 4);
}

TEST_P(QueueTest, item_pulled_in_a_failed_transaction_is_back_in_its_place) {
  Cache cache = open();
  Queue jobs(cache, "jobs");
  for (const int job : {1, 2, 3}) jobs.push(job);
  EXPECT_THROW(cache.transact([&] {
    EXPECT_EQ(pull(jobs), 1);
    jobs.push(4);
    throw std::runtime_error("failed");
  }),
               std::runtime_error);
  for (const int job : {1, 2, 3}) EXPECT_EQ(pull(jobs), job);
  EXPECT_EQ(pull(jobs), std::nullopt);
}

TEST_P(QueueTest, dropped_queue_is_gone) {
  Cache cache = open();
  Queue jobs(cache, "jobs");
  jobs.push(1);
  EXPECT_TRUE(Queue::drop(cache, "jobs"));
  EXPECT_FALSE(Queue::drop(cache, "jobs"));
  expect_kind(ErrorKind::invalid_argument, [&] { jobs.push(2); });
  EXPECT_EQ(Queue::names(cache), Strings{});
}

TEST_P(QueueTest, damaged_items_are_passed_over) {
  Queue jobs = queue();
  for (const int job : {1, 2}) jobs.push(job);
  engine_->update([&](WriteTxn& txn) {
    std::optional<std::pair<Bytes, Bytes>> first;
    txn.scan(KeyRange::prefix(as_bytes("cache\x07")), Direction::forward,
             [&](BytesView at, BytesView value) {
               if (at.size() <= 14 || at[14] != std::byte{5}) return Visit::more;
               first.emplace(to_bytes(at), to_bytes(value));
               return Visit::stop;
             });
    first->second.back() ^= std::byte{1};
    txn.put(first->first, first->second);
  });
  EXPECT_EQ(pull(jobs), 2);
  EXPECT_EQ(jobs.size(), 0U);
}

TEST_P(QueueTest, waiting_ends_with_the_timeout) {
  Queue jobs = queue();
  EXPECT_FALSE(jobs.pull_within<int>(1ms));
  EXPECT_FALSE(jobs.pull_within<int>(0ms));
  jobs.push(1);
  EXPECT_EQ(jobs.pull_within<int>(0ms)->value, 1);
}

TEST_P(QueueTest, who_waits_is_woken_by_a_push) {
  Queue jobs = queue();
  std::atomic<bool> waits{false};
  std::thread consumer([&] {
    waits = true;
    for (int i = 0; i < 200; ++i) EXPECT_EQ(jobs.pull_within<int>(1h)->value, i);
  });
  while (!waits) std::this_thread::yield();
  for (int i = 0; i < 200; ++i) {
    jobs.push(i);
    while (!jobs.empty()) std::this_thread::yield();
  }
  consumer.join();
}

TEST_P(QueueTest, random_history_agrees_with_a_deque) {
  Random random(seed());
  for (std::uint64_t round = 0; round < rounds(20, 500); ++round) {
    Queue jobs = queue("r" + std::to_string(round));
    std::deque<std::pair<int, WallTime>> model;
    for (int step = 0; step < 60; ++step) {
      const std::uint64_t dice = random();
      const Side side = (dice >> 8U) % 2 == 0 ? Side::front : Side::back;
      const auto drop_expired = [&] {
        const auto is_over = [&](const auto& item) { return item.second <= clock_.now(); };
        if (side == Side::front) {
          while (!model.empty() && is_over(model.front())) model.pop_front();
        } else {
          while (!model.empty() && is_over(model.back())) model.pop_back();
        }
      };
      if (dice % 8 < 4) {
        const Duration ttl = 1s * static_cast<int>((dice >> 16U) % 30);
        jobs.push(step, side, {.ttl = ttl});
        const std::pair<int, WallTime> item(step, clock_.now() + ttl);
        side == Side::front ? model.push_front(item) : model.push_back(item);
      } else if (dice % 8 < 7) {
        drop_expired();
        std::optional<int> expected;
        if (!model.empty()) {
          expected = side == Side::front ? model.front().first : model.back().first;
          side == Side::front ? model.pop_front() : model.pop_back();
        }
        ASSERT_EQ(pull(jobs, side), expected);
      } else {
        clock_.advance(1s);
      }
    }
  }
}

TEST_P(QueueTest, last_and_first_entry_of_a_cache) {
  Cache cache = open();
  EXPECT_FALSE(peek_item<int>(cache));
  cache.put("b", 1);
  cache.put("a", 2);
  cache.put("c", 3, {.ttl = 1s});
  cache.put("b", 4);
  EXPECT_EQ(peek_item<int>(cache)->first, Key("c"));
  EXPECT_EQ(peek_item<int>(cache, Side::front)->second.value, 4);
  clock_.advance(1s);
  EXPECT_EQ(peek_item<int>(cache)->first, Key("a"));
  expect_kind(ErrorKind::invalid_argument, [&] { (void)peek_item<std::string>(cache); });
}

INSTANTIATE_TEST_SUITE_P(Engines, QueueTest,
                         testing::Values(EngineUnderTest{.name = "memory",
                                                         .open = open_memory_with,
                                                         .is_persistent = false},
                                         EngineUnderTest{.name = "lmdb", .open = open_lmdb_with}),
                         [](const auto& chosen) { return chosen.param.name; });

class SharedQueueTest : public testing::Test {
 protected:
  [[nodiscard]] Cache open() const { return Cache::open(options_); }

  TempDir folder_{memory_folder()};
  CacheOptions options_{.path = folder_ / "c",
                        .settings = CacheSettings{.file_above_bytes = 100},
                        .durability = Durability::disposable};
};

TEST_F(SharedQueueTest, long_items_take_their_files_with_them) {
  Cache cache = open();
  Queue jobs(cache, "jobs", {.file_above_bytes = 100});
  for (int i = 0; i < 10; ++i) jobs.push(std::string(1000, static_cast<char>('a' + i)));
  const auto files = [&] { return value_files(folder_ / "c"); };
  EXPECT_EQ(files().size(), 10U);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(jobs.pull<std::string>()->value, std::string(1000, static_cast<char>('a' + i)));
  }
  cache.engine().sync();  // until then files stay, for a power cut
  const auto left = files();
  EXPECT_EQ(left.size(), 5U);
  for (const auto& file : left) std::filesystem::remove(file);
  jobs.push("short");
  EXPECT_EQ(jobs.pull<std::string>()->value, "short") << "what has lost its file is passed over";
  EXPECT_TRUE(jobs.empty());
}

TEST_F(SharedQueueTest, another_process_wakes_who_waits) {
  ChannelPair line;
  Child consumer([&] {
    line.parent.close();
    Queue jobs(open(), "jobs");
    line.child.send("ready");
    for (int i = 0; i < 100; ++i) {
      if (jobs.pull_within<int>(50s)->value != i) return 1;
      line.child.send("got it");
    }
    return 0;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "ready");
  Queue jobs(open(), "jobs");
  const SteadyTime begin = Clock::system().steady_now();
  for (int i = 0; i < 100; ++i) {
    jobs.push(i);
    ASSERT_EQ(line.parent.receive(), "got it");
  }
  EXPECT_TRUE(consumer.wait().is_good());
  // Far less than the second after which a waiter looks again by itself.
  EXPECT_LT(Clock::system().steady_now() - begin, 50s);
}

// Four consumers in two processes, some of them killed at any moment, some producers as well: each
// item that was pushed is done exactly once, or still there.
TEST_F(SharedQueueTest, killed_consumers_and_producers_lose_and_double_nothing) {
  constexpr int items = 400;
  struct Pushed {
    std::array<std::atomic<int>, items> acknowledged;
  };
  const SharedBlock<Pushed> pushed;
  Cache cache = open();
  Queue jobs(cache, "jobs");
  Random random(seed());

  const auto produce = [&](int from) {
    Queue own(open(), "jobs");
    for (int i = from; i < items; i += 2) {
      if (pushed->acknowledged[static_cast<std::size_t>(i)] != 0) continue;
      // Marked in the same transaction, so that a producer that comes after knows.
      Cache mine = open();
      if (!mine.contains(std::tuple("pushed", i))) {
        mine.transact([&] {
          mine.put(std::tuple("pushed", i), true);
          own.push(i);
        });
      }
      pushed->acknowledged[static_cast<std::size_t>(i)] = 1;
    }
    return 0;
  };
  const auto consume = [&] {
    Cache own = open();
    Queue source(own, "jobs");
    for (;;) {
      own.transact([&] {
        const auto item = source.pull<int>();
        if (item) own.incr(std::tuple("done", item->value));
      });
      if (own.count({.prefix = KeyPrefix::tuple(std::tuple("done"))}) == items) return 0;
    }
  };

  std::vector<Child> producers;
  std::vector<Child> consumers;
  for (int round = 0; round < 12; ++round) {
    producers.clear();
    consumers.clear();
    for (int p = 0; p < 2; ++p) producers.emplace_back([&] { return produce(p); });
    for (int c = 0; c < 2; ++c) consumers.emplace_back(consume);
    for (std::uint64_t wait = random() % 20000; wait > 0; --wait) std::this_thread::yield();
    for (Child& child : producers) child.kill(SIGKILL);
    for (Child& child : consumers) child.kill(SIGKILL);
    for (Child& child : producers) child.wait();
    for (Child& child : consumers) child.wait();
  }
  for (int p = 0; p < 2; ++p) EXPECT_EQ(produce(p), 0);
  while (const auto item = jobs.pull<int>()) cache.incr(std::tuple("done", item->value));
  for (int i = 0; i < items; ++i) {
    EXPECT_EQ(cache.get<std::int64_t>(std::tuple("done", i)), 1) << i;
  }
  EXPECT_EQ(cache.verify().problems, Strings{});
}

TEST_F(SharedQueueTest, eight_threads_take_each_item_once) {
  constexpr int items = 4000;
  Cache cache = open();
  Queue jobs(cache, "jobs");
  std::array<std::atomic<int>, items> taken{};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < items; i += 4) jobs.push(i, i % 3 == 0 ? Side::front : Side::back);
    });
    threads.emplace_back([&] {
      for (int i = 0; i < items / 4; ++i) {
        const auto item = jobs.pull_within<int>(50s);
        ASSERT_TRUE(item);
        ++taken[static_cast<std::size_t>(item->value)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& count : taken) EXPECT_EQ(count, 1);
  EXPECT_TRUE(jobs.empty());
}

}  // namespace
}  // namespace larder::test
