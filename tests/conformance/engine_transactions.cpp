// SPDX-License-Identifier: Apache-2.0
// Transactions: all or nothing, snapshots, nesting, aliasing, deadlines.
#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

#include "conformance/engine_suite.h"
#include "support/expect_kind.h"

namespace larder::test {

namespace {

struct Abort : std::runtime_error {
  Abort() : std::runtime_error("abort") {}
};

}  // namespace

TEST_P(EngineSuite, erase_knows_what_became_of_a_key_that_was_read) {
  put(engine(), "a", "1");
  engine().update([](WriteTxn& txn) {
    EXPECT_EQ(get(txn, "a"), "1");
    EXPECT_TRUE(txn.erase(as_bytes("a")));
    EXPECT_FALSE(txn.erase(as_bytes("a")));
    EXPECT_EQ(get(txn, "a"), std::nullopt);
    txn.put(as_bytes("a"), as_bytes("2"));
    EXPECT_TRUE(txn.erase(as_bytes("a")));
    EXPECT_EQ(get(txn, "b"), std::nullopt);
    EXPECT_FALSE(txn.erase(as_bytes("b")));
    txn.put(as_bytes("b"), as_bytes("3"));
    EXPECT_EQ(get(txn, "b"), "3");
    EXPECT_EQ(txn.erase_range({}), 1U);
    EXPECT_FALSE(txn.erase(as_bytes("b")));
  });
  EXPECT_EQ(entries(engine()), Entries());
}

TEST_P(EngineSuite, thread_knows_whether_it_is_in_a_transaction) {
  const auto is_known = [&] { return engine().is_in_transaction(); };
  EXPECT_FALSE(is_known());
  engine().update([&](WriteTxn&) {
    EXPECT_TRUE(is_known());
    engine().view([&](ReadTxn&) { EXPECT_TRUE(is_known()); });
    engine().update([&](WriteTxn& txn) {
      EXPECT_TRUE(is_known());
      // What waits for others may be done where an update has ended.
      txn.at_end([&](UpdateEnd) { EXPECT_FALSE(is_known()); });
    });
    EXPECT_FALSE(std::async(std::launch::async, is_known).get());
  });
  engine().view([&](ReadTxn&) { EXPECT_TRUE(is_known()); });
  EXPECT_THROW(engine().update([](WriteTxn&) { throw Abort(); }), Abort);
  EXPECT_FALSE(is_known());
}

TEST_P(EngineSuite, exception_rolls_everything_back) {
  put(engine(), "a", "old");
  put(engine(), "b", "old");
  const auto failing = [&] {
    engine().update([](WriteTxn& txn) {
      txn.put(as_bytes("a"), as_bytes("new"));
      txn.put(as_bytes("c"), as_bytes(std::string(100000, 'c')));
      txn.erase(as_bytes("b"));
      txn.erase_range({});
      txn.put(as_bytes("d"), as_bytes("new"));
      throw Abort();
    });
  };

  EXPECT_THROW(failing(), Abort);

  EXPECT_EQ(entries(engine()), (Entries{{"a", "old"}, {"b", "old"}}));
  put(engine(), "e", "goes on");
  EXPECT_EQ(get(engine(), "e"), "goes on");
}

TEST_P(EngineSuite, closures_return_values) {
  const auto text = engine().update([](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("b"));
    return std::make_unique<std::string>("moved");
  });
  EXPECT_EQ(*text, "moved");
  EXPECT_EQ(engine().view([](ReadTxn&) { return 7; }), 7);
}

TEST_P(EngineSuite, update_sees_its_own_changes) {
  put(engine(), "a", "old");
  engine().update([](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("1"));
    EXPECT_EQ(get(txn, "a"), "1");
    txn.put(as_bytes("a"), as_bytes("2"));
    EXPECT_EQ(get(txn, "a"), "2");
    EXPECT_TRUE(txn.erase(as_bytes("a")));
    EXPECT_EQ(get(txn, "a"), std::nullopt);
    EXPECT_FALSE(txn.erase(as_bytes("a")));
    txn.put(as_bytes("a"), as_bytes("3"));
  });
  EXPECT_EQ(get(engine(), "a"), "3");
}

TEST_P(EngineSuite, view_keeps_its_snapshot_while_others_write) {
  put(engine(), "a", "old");
  engine().view([&](ReadTxn& txn) {
    const auto value = txn.get(as_bytes("a"));
    std::thread([&] {
      for (int i = 0; i < 100; ++i) put(engine(), "a", "new" + std::to_string(i));
      put(engine(), "b", "new");
    }).join();
    EXPECT_EQ(as_text(value.value()), "old");
    EXPECT_EQ(entries(txn), (Entries{{"a", "old"}}));
  });
  EXPECT_EQ(get(engine(), "a"), "new99");
}

TEST_P(EngineSuite, view_does_not_wait_for_a_running_update) {
  put(engine(), "a", "old");
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("new"));
    std::thread([&] { EXPECT_EQ(get(engine(), "a"), "old"); }).join();
  });
  EXPECT_EQ(get(engine(), "a"), "new");
}

TEST_P(EngineSuite, acknowledged_update_is_seen_by_other_threads) {
  for (int i = 0; i < 200; ++i) {
    put(engine(), "a", std::to_string(i));
    std::thread([&] { EXPECT_EQ(get(engine(), "a"), std::to_string(i)); }).join();
  }
}

TEST_P(EngineSuite, updates_of_many_threads_lose_nothing) {
  put(engine(), "counter", "0");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        engine().update([](WriteTxn& txn) {
          const int count = std::stoi(get(txn, "counter").value());
          txn.put(as_bytes("counter"), as_bytes(std::to_string(count + 1)));
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(get(engine(), "counter"), "400");
}

TEST_P(EngineSuite, readers_see_whole_updates) {
  std::atomic<bool> is_done = false;
  const auto write = [&](int i) {
    engine().update([&](WriteTxn& txn) {
      const std::string value = std::to_string(i);
      for (const char* key : {"a", "b", "c"}) txn.put(as_bytes(key), as_bytes(value));
    });
  };
  write(0);
  std::thread reader([&] {
    while (!is_done) {
      const Entries seen = entries(engine());
      ASSERT_EQ(seen.size(), 3U);
      EXPECT_EQ(seen[0].second, seen[1].second);
      EXPECT_EQ(seen[1].second, seen[2].second);
    }
  });
  for (int i = 1; i < 500; ++i) write(i);
  is_done = true;
  reader.join();
}

TEST_P(EngineSuite, view_in_an_update_sees_its_changes) {
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("1"));
    EXPECT_EQ(get(engine(), "a"), "1");
  });
}

TEST_P(EngineSuite, view_in_a_view_works) {
  put(engine(), "a", "1");
  engine().view([&](ReadTxn& outer) {
    EXPECT_EQ(get(engine(), "a"), "1");
    EXPECT_EQ(get(outer, "a"), "1");
  });
}

TEST_P(EngineSuite, update_in_an_update_joins_it) {
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("outer"));
    engine().update([&](WriteTxn& inner) {
      EXPECT_EQ(get(inner, "a"), "outer");
      inner.put(as_bytes("b"), as_bytes("inner"));
    });
    EXPECT_EQ(get(txn, "b"), "inner");
  });
  EXPECT_EQ(entries(engine()), (Entries{{"a", "outer"}, {"b", "inner"}}));
}

TEST_P(EngineSuite, joined_update_rolls_back_with_the_outer_one) {
  const auto failing = [&] {
    engine().update([&](WriteTxn&) {
      put(engine(), "a", "inner");
      throw Abort();
    });
  };
  EXPECT_THROW(failing(), Abort);
  EXPECT_EQ(get(engine(), "a"), std::nullopt);
}

TEST_P(EngineSuite, failed_inner_update_keeps_the_outer_one_from_committing) {
  const auto failing_inside = [&] { engine().update([](WriteTxn&) { throw Abort(); }); };
  expect_kind(ErrorKind::invalid_argument, [&] {
    engine().update([&](WriteTxn& txn) {
      txn.put(as_bytes("a"), as_bytes("1"));
      EXPECT_THROW(failing_inside(), Abort);
    });
  });
  EXPECT_EQ(get(engine(), "a"), std::nullopt);
  put(engine(), "a", "2");
  EXPECT_EQ(get(engine(), "a"), "2");
}

TEST_P(EngineSuite, exception_of_an_inner_update_passes_through_the_outer_one) {
  const auto failing = [&] {
    engine().update([&](WriteTxn&) { engine().update([](WriteTxn&) { throw Abort(); }); });
  };
  EXPECT_THROW(failing(), Abort);
}

TEST_P(EngineSuite, exception_of_a_view_in_an_update_does_no_harm) {
  const auto failing_view = [&] { engine().view([](ReadTxn&) { throw Abort(); }); };
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("1"));
    EXPECT_THROW(failing_view(), Abort);
  });
  EXPECT_EQ(get(engine(), "a"), "1");
}

TEST_P(EngineSuite, update_in_a_view_is_refused) {
  engine().view([&](ReadTxn&) {
    expect_kind(ErrorKind::invalid_argument, [&] { put(engine(), "a", "1"); });
  });
  put(engine(), "a", "2");
  EXPECT_EQ(get(engine(), "a"), "2");
}

TEST_P(EngineSuite, two_engines_nest) {
  EngineSettings elsewhere = settings();
  elsewhere.directory += "-other";
  const EnginePtr other = open(elsewhere);
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("1"));
    put(*other, "b", "2");
  });
  engine().view([&](ReadTxn&) { put(*other, "c", "3"); });

  EXPECT_EQ(entries(engine()), (Entries{{"a", "1"}}));
  EXPECT_EQ(entries(*other), (Entries{{"b", "2"}, {"c", "3"}}));
}

TEST_P(EngineSuite, arguments_may_be_views_of_the_transaction) {
  put(engine(), "a", std::string(3000, 'x'));
  put(engine(), "b", "a");
  engine().update([](WriteTxn& txn) {
    txn.put(as_bytes("copy"), txn.get(as_bytes("a")).value());
    txn.put(as_bytes("a"), txn.get(as_bytes("a")).value().first(10));
    txn.put(txn.get(as_bytes("b")).value(), txn.get(as_bytes("b")).value());
    EXPECT_TRUE(txn.erase(txn.get(as_bytes("b")).value()));
    EXPECT_FALSE(txn.erase(as_bytes("a")));
  });
  EXPECT_EQ(get(engine(), "copy"), std::string(3000, 'x'));
  EXPECT_EQ(get(engine(), "b"), "a");
}

TEST_P(EngineSuite, keys_of_a_scan_may_be_arguments) {
  for (int i = 0; i < 20; ++i) put(engine(), "key" + std::to_string(i), std::to_string(i));
  engine().update([](WriteTxn& txn) {
    for (int i = 0; i < 20; ++i) {
      std::optional<BytesView> first;
      txn.scan({}, Direction::forward, [&](BytesView key, BytesView) {
        first = key;
        return Visit::stop;
      });
      ASSERT_TRUE(first);
      EXPECT_TRUE(txn.erase(*first));
    }
  });
  EXPECT_TRUE(entries(engine()).empty());
}

TEST_P(EngineSuite, views_stay_valid_until_the_next_change) {
  put(engine(), "a", std::string(5000, 'a'));
  put(engine(), "b", std::string(50, 'b'));
  engine().update([&](WriteTxn& txn) {
    const BytesView a = txn.get(as_bytes("a")).value();
    const BytesView b = txn.get(as_bytes("b")).value();
    (void)entries(txn);
    (void)entries(engine());
    EXPECT_EQ(as_text(a), std::string(5000, 'a'));
    EXPECT_EQ(as_text(b), std::string(50, 'b'));
  });
}

TEST_P(EngineSuite, update_that_cannot_start_in_time_is_unavailable) {
  engine().update([&](WriteTxn&) {
    std::thread([&] {
      const auto begin = std::chrono::steady_clock::now();
      expect_kind(ErrorKind::unavailable, [&] {
        engine().update([](WriteTxn&) { ADD_FAILURE() << "ran"; },
                        {.deadline = begin + std::chrono::milliseconds{30}});
      });
      const auto took = std::chrono::steady_clock::now() - begin;
      EXPECT_GE(took, std::chrono::milliseconds{30});
      EXPECT_LT(took, std::chrono::seconds{5});
    }).join();
  });
  put(engine(), "a", "goes on");
}

TEST_P(EngineSuite, deadline_in_the_past_does_not_wait_and_does_not_hurt) {
  const UpdateOptions past{.deadline = std::chrono::steady_clock::now() - std::chrono::hours{1}};
  engine().update([&](WriteTxn&) {
    std::thread([&] {
      expect_kind(ErrorKind::unavailable, [&] { engine().update([](WriteTxn&) {}, past); });
    }).join();
  });
  put(engine(), "a", "goes on");
}

TEST_P(EngineSuite, waiting_update_runs_when_the_other_ends) {
  std::thread waiting;
  std::promise<void> started;
  engine().update([&](WriteTxn& txn) {
    waiting = std::thread([&] {
      started.set_value();
      put(engine(), "a", "second");
    });
    started.get_future().wait();
    txn.put(as_bytes("a"), as_bytes("first"));
  });
  waiting.join();
  EXPECT_EQ(get(engine(), "a"), "second");
}

TEST_P(EngineSuite, sync_returns_with_nothing_to_do_and_after_writes) {
  engine().sync();
  put(engine(), "a", "1");
  engine().sync();
  engine().sync();
  EXPECT_EQ(get(engine(), "a"), "1");
}

TEST_P(EngineSuite, shared_memory_is_zero_then_shared_by_name) {
  const auto first = engine().shared_memory("hints", 10000);
  ASSERT_EQ(first.size(), 10000U);
  for (const std::byte byte : first) ASSERT_EQ(byte, std::byte{0});

  first[9999] = std::byte{7};
  const auto again = engine().shared_memory("hints", 10000);
  const auto other = engine().shared_memory("other", 64);

  EXPECT_EQ(again[9999], std::byte{7});
  EXPECT_EQ(other[0], std::byte{0});
}

TEST_P(EngineSuite, shared_memory_of_another_size_is_refused) {
  (void)engine().shared_memory("hints", 64);
  expect_kind(ErrorKind::invalid_argument, [&] { (void)engine().shared_memory("hints", 128); });
}

TEST_P(EngineSuite, hooks_run_once_after_the_commit_in_order) {
  std::vector<std::string> seen;
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("1"));
    txn.at_end([&](UpdateEnd end) {
      EXPECT_EQ(end, UpdateEnd::committed);
      EXPECT_EQ(get(engine(), "a"), "1");
      seen.emplace_back("first");
    });
    txn.at_end([&](UpdateEnd) { seen.emplace_back("second"); });
    EXPECT_TRUE(seen.empty());
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"first", "second"}));
}

TEST_P(EngineSuite, hook_for_durable_updates_has_run_after_a_sync) {
  std::atomic<int> calls{0};
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("k"), as_bytes("v"));
    txn.when_durable([&] { ++calls; });
    EXPECT_EQ(calls, 0);
  });
  engine().sync();
  EXPECT_EQ(calls, 1);
  engine().sync();
  EXPECT_EQ(calls, 1);
}

TEST_P(EngineSuite, hook_for_durable_updates_does_not_run_if_the_update_is_undone) {
  std::atomic<int> calls{0};
  const auto abort = [&] {
    engine().update([&](WriteTxn& txn) {
      txn.put(as_bytes("k"), as_bytes("v"));
      txn.when_durable([&] { ++calls; });
      throw Abort();
    });
  };
  EXPECT_THROW(abort(), Abort);
  engine().sync();
  reopen();
  EXPECT_EQ(calls, 0);
}

TEST_P(EngineSuite, hook_for_durable_updates_runs_before_the_engine_is_closed) {
  std::atomic<int> calls{0};
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("k"), as_bytes("v"));
    txn.when_durable([&] { ++calls; });
  });
  reopen();
  EXPECT_EQ(calls, 1);
}

TEST_P(EngineSuite, needed_file_that_is_gone_again_is_in_nobodys_way) {
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("k"), as_bytes("v"));
    txn.needs_file("nowhere/to/be/found");
  });
  engine().sync();
  EXPECT_EQ(get(engine(), "k"), "v");
}

TEST_P(EngineSuite, hooks_of_a_nested_update_wait_for_the_outermost) {
  std::vector<UpdateEnd> seen;
  const auto note = [&](UpdateEnd end) { seen.push_back(end); };
  engine().update([&](WriteTxn&) {
    engine().update([&](WriteTxn& inner) { inner.at_end(note); });
    EXPECT_TRUE(seen.empty());
  });
  EXPECT_EQ(seen, std::vector{UpdateEnd::committed});

  const auto failing = [&] {
    engine().update([&](WriteTxn&) {
      engine().update([&](WriteTxn& inner) {
        inner.put(as_bytes("a"), as_bytes("1"));
        inner.at_end(note);
      });
      throw Abort();
    });
  };
  EXPECT_THROW(failing(), Abort);
  EXPECT_EQ(seen, (std::vector{UpdateEnd::committed, UpdateEnd::undone}));
}

TEST_P(EngineSuite, hooks_learn_that_a_caught_inner_failure_undid_everything) {
  std::vector<UpdateEnd> seen;
  expect_kind(ErrorKind::invalid_argument, [&] {
    engine().update([&](WriteTxn& txn) {
      txn.at_end([&](UpdateEnd end) { seen.push_back(end); });
      try {
        engine().update([](WriteTxn&) { throw Abort(); });
      } catch (const Abort&) {
      }
    });
  });
  EXPECT_EQ(seen, std::vector{UpdateEnd::undone});
}

TEST_P(EngineSuite, hooks_may_throw_and_may_update) {
  engine().update([&](WriteTxn& txn) {
    txn.at_end([](UpdateEnd) { throw Abort(); });
    txn.at_end([&](UpdateEnd) { put(engine(), "from hook", "1"); });
  });
  EXPECT_EQ(get(engine(), "from hook"), "1");
}

}  // namespace larder::test
