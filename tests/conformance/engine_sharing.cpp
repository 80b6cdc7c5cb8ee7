// SPDX-License-Identifier: Apache-2.0
// One directory, many users: handles, processes, forks, reopening.
#include <unistd.h>

#include <atomic>
#include <thread>

#include "conformance/engine_suite.h"
#include "support/child.h"
#include "support/expect_kind.h"

namespace larder::test {

namespace {

void increment(Engine& engine, std::string_view key) {
  engine.update([&](WriteTxn& txn) {
    const int count = std::stoi(get(txn, key).value_or("0"));
    txn.put(as_bytes(key), as_bytes(std::to_string(count + 1)));
  });
}

std::atomic_ref<std::uint32_t> counter_in(std::span<std::byte> memory) {
  return std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(memory.data()));
}

}  // namespace

TEST_P(PersistentEngineSuite, reopened_engine_has_everything) {
  for (int i = 0; i < 1000; ++i) put(engine(), "key" + std::to_string(i), std::to_string(i));
  put(engine(), std::string(2000, 'l'), std::string(200000, 'v'));
  erase(engine(), "key7");

  reopen();

  EXPECT_EQ(get(engine(), "key999"), "999");
  EXPECT_EQ(get(engine(), "key7"), std::nullopt);
  EXPECT_EQ(get(engine(), std::string(2000, 'l')), std::string(200000, 'v'));
  EXPECT_EQ(entries(engine()).size(), 1000U);
}

TEST_P(PersistentEngineSuite, engine_survives_being_reopened_often) {
  for (int i = 0; i < 30; ++i) {
    increment(engine(), "count");
    reopen();
  }
  EXPECT_EQ(get(engine(), "count"), "30");
}

TEST_P(PersistentEngineSuite, opening_without_writing_changes_nothing) {
  put(engine(), "a", "1");
  for (int i = 0; i < 5; ++i) reopen();
  EXPECT_EQ(entries(engine()), (Entries{{"a", "1"}}));
}

TEST_P(PersistentEngineSuite, two_handles_are_one_engine) {
  const EnginePtr other = open();
  put(engine(), "a", "1");
  EXPECT_EQ(get(*other, "a"), "1");
  put(*other, "a", "2");
  EXPECT_EQ(get(engine(), "a"), "2");
}

TEST_P(PersistentEngineSuite, closing_one_handle_leaves_the_other_working) {
  EnginePtr other = open();
  put(*other, "a", "1");
  other.reset();

  EXPECT_EQ(get(engine(), "a"), "1");
  put(engine(), "b", "2");
  reopen();
  EXPECT_EQ(entries(engine()), (Entries{{"a", "1"}, {"b", "2"}}));
}

TEST_P(PersistentEngineSuite, handle_through_another_name_is_the_same_engine) {
  EngineSettings linked = settings();
  linked.directory += "-link";
  std::filesystem::create_directory_symlink(settings().directory, linked.directory);
  const EnginePtr other = open(linked);

  put(engine(), "a", "1");
  EXPECT_EQ(get(*other, "a"), "1");
  engine().update([&](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("2"));
    put(*other, "b", "joined or refused, never deadlocked");
  });
  EXPECT_EQ(get(*other, "a"), "2");
}

TEST_P(PersistentEngineSuite, shared_memory_is_shared_by_handles) {
  const EnginePtr other = open();
  counter_in(engine().shared_memory("hints", 4096)).fetch_add(5);
  EXPECT_EQ(counter_in(other->shared_memory("hints", 4096)).load(), 5U);
}

TEST_P(PersistentEngineSuite, shared_memory_is_shared_by_processes) {
  const auto memory = engine().shared_memory("hints", 4096);
  const ChildEnd end = run_in_child([&] {
    const EnginePtr mine = open();
    counter_in(mine->shared_memory("hints", 4096)).fetch_add(3);
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(counter_in(memory).load(), 3U);
}

TEST_P(PersistentEngineSuite, forked_child_reads_and_writes_through_the_parents_handle) {
  put(engine(), "a", "parent");
  const ChildEnd end = run_in_child([&] {
    if (get(engine(), "a") != "parent") return 1;
    put(engine(), "a", "child");
    put(engine(), "b", "child");
    return get(engine(), "b") == "child" ? 0 : 2;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(get(engine(), "a"), "child");
  put(engine(), "a", "parent again");
  EXPECT_EQ(entries(engine()), (Entries{{"a", "parent again"}, {"b", "child"}}));
}

TEST_P(PersistentEngineSuite, child_that_closes_its_copy_leaves_the_parent_alone) {
  put(engine(), "a", "1");
  const ChildEnd end = run_in_child([&] {
    engine_ptr().reset();
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  put(engine(), "b", "2");
  EXPECT_EQ(entries(engine()).size(), 2U);
}

TEST_P(PersistentEngineSuite, child_that_opens_again_sees_the_same) {
  put(engine(), "a", "1");
  const ChildEnd end = run_in_child([&] {
    const EnginePtr mine = open();
    put(*mine, "b", "2");
    return get(engine(), "b") == "2" && get(*mine, "a") == "1" ? 0 : 1;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(get(engine(), "b"), "2");
}

TEST_P(PersistentEngineSuite, fork_while_threads_write_hangs_nobody) {
  std::atomic<bool> is_done = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!is_done) increment(engine(), "threads");
    });
  }
  for (int i = 0; i < 20; ++i) {
    const ChildEnd end = run_in_child([&] {
      increment(engine(), "children");
      (void)entries(engine());
      return 0;
    });
    ASSERT_TRUE(end.is_good()) << end << " in round " << i;
  }
  is_done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(get(engine(), "children"), "20");
}

TEST_P(PersistentEngineSuite, processes_lose_no_update) {
  {
    std::vector<Child> children;
    for (int c = 0; c < 4; ++c) {
      children.emplace_back([&] {
        const EnginePtr mine = open();
        for (int i = 0; i < 100; ++i) increment(*mine, "counter");
        return 0;
      });
    }
    for (Child& child : children) EXPECT_TRUE(child.wait().is_good());
  }
  EXPECT_EQ(get(engine(), "counter"), "400");
}

TEST_P(PersistentEngineSuite, processes_that_open_and_close_lose_no_update) {
  engine_ptr().reset();
  {
    std::vector<Child> children;
    for (int c = 0; c < 3; ++c) {
      children.emplace_back([&] {
        for (int i = 0; i < 30; ++i) increment(*open(), "counter");
        return 0;
      });
    }
    for (Child& child : children) {
      const ChildEnd end = child.wait();
      EXPECT_TRUE(end.is_good()) << end;
    }
  }
  reopen();
  EXPECT_EQ(get(engine(), "counter"), "90");
}

TEST_P(PersistentEngineSuite, update_of_a_process_is_seen_at_once_by_another) {
  const ChildEnd end = run_in_child([&] {
    const EnginePtr mine = open();
    for (int i = 0; i < 50; ++i) put(*mine, "a" + std::to_string(i), "child");
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(entries(engine()).size(), 50U);
}

TEST_P(PersistentEngineSuite, writer_killed_inside_an_update_blocks_nobody) {
  put(engine(), "a", "old");
  for (int i = 0; i < 5; ++i) {
    const ChildEnd end = run_in_child([&] {
      const EnginePtr mine = open();
      mine->update([](WriteTxn& txn) {
        txn.put(as_bytes("a"), as_bytes("never"));
        ::kill(::getpid(), SIGKILL);
      });
      return 0;
    });
    EXPECT_EQ(end.signal, SIGKILL) << end;
    EXPECT_EQ(get(engine(), "a"), i == 0 ? "old" : "new" + std::to_string(i - 1));
    put(engine(), "a", "new" + std::to_string(i));
  }
  EXPECT_EQ(get(engine(), "a"), "new4");
}

TEST_P(PersistentEngineSuite, readers_killed_inside_a_view_block_nobody) {
  put(engine(), "a", "old");
  for (int i = 0; i < 10; ++i) {
    (void)run_in_child([&] {
      const EnginePtr mine = open();
      mine->view([](ReadTxn& txn) {
        (void)txn.get(as_bytes("a"));
        ::kill(::getpid(), SIGKILL);
      });
      return 0;
    });
  }
  for (int i = 0; i < 200; ++i) put(engine(), "a", std::string(10000, 'x'));
  EXPECT_EQ(get(engine(), "a"), std::string(10000, 'x'));
}

TEST_P(PersistentEngineSuite, more_readers_than_any_table_of_readers) {
  put(engine(), "a", "1");
  std::atomic<int> waiting = 0;
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  constexpr int count = 300;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&] {
      try {
        engine().view([&](ReadTxn& txn) {
          ++waiting;
          while (waiting < count) std::this_thread::yield();
          if (get(txn, "a") == "1") ++right;
        });
      } catch (const Error& error) {
        ++waiting;
        ADD_FAILURE() << error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, count);
}

TEST_P(PersistentEngineSuite, engine_grows_while_another_process_reads) {
  const std::string value(1000000, 'g');
  const ChildEnd end = run_in_child([&] {
    const EnginePtr mine = open();
    for (int i = 0; i < 40; ++i) put(*mine, "key" + std::to_string(i), value);
    return 0;
  });
  ASSERT_TRUE(end.is_good()) << end;
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(get(engine(), "key" + std::to_string(i)) == value);
  put(engine(), "last", value);
  EXPECT_TRUE(get(engine(), "last") == value);
}

TEST_P(PersistentEngineSuite, space_of_replaced_values_is_used_again) {
  const std::string value(200000, 'r');
  for (int i = 0; i < 400; ++i) put(engine(), "key" + std::to_string(i % 4), value);
  engine().sync();
  reopen();
  for (int i = 0; i < 100; ++i) put(engine(), "key" + std::to_string(i % 4), value);

  // 100 MB were written; what lives is 0.8 MB.
  EXPECT_LT(engine().info().disk_bytes, 60U << 20U);
  EXPECT_GT(engine().info().disk_bytes, 0U);
}

TEST_P(PersistentEngineSuite, mode_of_files_is_private) {
  put(engine(), "a", "1");
  for (const auto& file : std::filesystem::directory_iterator(settings().directory)) {
    EXPECT_EQ(file.status().permissions() & std::filesystem::perms{0077},
              std::filesystem::perms::none)
        << file.path();
  }
  EXPECT_EQ(std::filesystem::status(settings().directory).permissions(),
            std::filesystem::perms{0700});
}

TEST_P(PersistentEngineSuite, directory_may_be_moved_while_closed) {
  put(engine(), "a", "1");
  engine_ptr().reset();
  EngineSettings moved = settings();
  moved.directory += "-moved";
  std::filesystem::rename(settings().directory, moved.directory);

  const EnginePtr other = open(moved);
  EXPECT_EQ(get(*other, "a"), "1");
  put(*other, "b", "2");
  EXPECT_EQ(entries(*other).size(), 2U);
  EXPECT_TRUE(entries(*open()).empty());
}

TEST_P(PersistentEngineSuite, directory_may_be_removed_and_made_again) {
  put(engine(), "a", "1");
  engine_ptr().reset();
  std::filesystem::remove_all(settings().directory);
  engine_ptr() = open();

  EXPECT_EQ(get(engine(), "a"), std::nullopt);
  put(engine(), "a", "2");
  reopen();
  EXPECT_EQ(get(engine(), "a"), "2");
}

TEST_P(PersistentEngineSuite, uri_names_the_directory) {
  EXPECT_NE(engine().info().uri.find("engine"), std::string::npos);
}

}  // namespace larder::test
