// SPDX-License-Identifier: Apache-2.0

// Reading a database that others write, come to and leave, in this process and in others.

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "larder/core/error.h"
#include "open_mode_fixture.h"
#include "support/expect_kind.h"
#include "support/faulty_io.h"
#include "support/settings.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

using ReadOnlyBesideTest = OpenModeTest;

TEST_F(ReadOnlyBesideTest, acknowledged_writes_of_others_are_seen_at_once) {
  put(*open(), "a", "0");
  Writer writer(options());
  const EnginePtr reader = open_read_only();
  for (std::size_t i = 1; i <= 300; ++i) {
    // Now and then a large one, so that segments are sealed and applied, or LMDB written directly.
    const std::string value =
        std::to_string(i) + std::string(i % 50 == 0 ? 3'000'000 : i % 3 * 20'000, 'x');
    writer.write(value);
    ASSERT_EQ(get(*reader, "a"), value);
  }
}

TEST_F(ReadOnlyBesideTest, writers_that_come_and_go_are_followed) {
  put(*open(), "a", "0");
  const EnginePtr reader = open_read_only();
  EXPECT_EQ(get(*reader, "a"), "0");
  for (int round = 1; round <= 12; ++round) {
    const std::string value = std::to_string(round);
    Writer writer(options());
    EXPECT_EQ(get(*reader, "a"), std::to_string(round - 1));
    writer.write(value);
    EXPECT_EQ(get(*reader, "a"), value);
    if (round % 2 == 0) {
      writer.kill();
    } else {
      writer.close();
    }
    EXPECT_EQ(get(*reader, "a"), value);
  }
}

TEST_F(ReadOnlyBesideTest, writers_that_came_and_went_between_two_views_are_noticed) {
  put(*open(), "a", "0");
  const EnginePtr reader = open_read_only();
  for (int round = 1; round <= 12; ++round) {
    const std::string value = std::to_string(round);
    {
      Writer writer(options());
      writer.write(value);
      if (round % 3 == 0) {
        writer.close();
      } else {
        writer.kill();
      }
    }
    ASSERT_EQ(get(*reader, "a"), value) << round;
  }
  fs::remove_all(path());
  put(*open(), "a", "another database");
  expect_kind(ErrorKind::unavailable, [&] { (void)get(*reader, "a"); });
}

TEST_F(ReadOnlyBesideTest, views_beside_busy_writers_see_whole_transactions) {
  put(*open(), "a", "0");
  std::vector<Child> writers;
  for (int number = 0; number < 2; ++number) {
    writers.emplace_back([&] {
      const EnginePtr engine = open();
      while (true) {
        engine->update([&](WriteTxn& txn) {
          const int next = std::stoi(get(txn, "a").value_or("0")) + 1;
          const std::string text = std::to_string(next);
          txn.put(as_bytes("a"), as_bytes(text));
          txn.put(as_bytes("bulk" + std::to_string(next % 100)), as_bytes(std::string(5000, 'b')));
          txn.put(as_bytes("z"), as_bytes(text));
        });
      }
      return 0;
    });
  }
  const EnginePtr reader = open_read_only();
  int last = 0;
  std::uint64_t views = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(rounds(2, 60));
  while (std::chrono::steady_clock::now() < end) {
    reader->view([&](ReadTxn& txn) {
      const std::string a = get(txn, "a").value();
      EXPECT_EQ(get(txn, "z").value_or("0"), a);
      EXPECT_GE(std::stoi(a), last);
      last = std::stoi(a);
      if (++views % 16 == 0) {
        const Entries all = entries(txn);
        EXPECT_EQ(all.front().second, a);
        EXPECT_EQ(all.back().second, last == 0 ? "0" : a);
      }
    });
  }
  EXPECT_GT(last, 100);
  EXPECT_GT(views, 100U);
}

TEST_F(ReadOnlyBesideTest, direct_transaction_of_a_killed_writer_stops_no_reader) {
  for (const char* point : {"log.direct.barrier", "log.direct.committed"}) {
    SCOPED_TRACE(point);
    fs::remove_all(path());
    put(*open(), "a", "old");
    Writer bystander(options());  // so that the database is in use for the reader
    const EnginePtr reader = open_read_only();
    EXPECT_EQ(get(*reader, "a"), "old");
    const ChildEnd end = run_in_child([&] {
      FaultyIo io;
      const EnginePtr engine = open(OpenMode::open, {.io = &io});
      put(*engine, "before", "kept");
      io.run_at(point, 1, [] { ::kill(::getpid(), SIGKILL); });
      put(*engine, "a", std::string(3'000'000, 'n'));
      return 0;
    });
    EXPECT_EQ(end.signal, SIGKILL);
    const std::string now = get(*reader, "a").value();
    EXPECT_EQ(now.size(), std::string(point).ends_with("committed") ? 3'000'000U : 3U);
    EXPECT_EQ(get(*reader, "before"), "kept");
    EXPECT_EQ(entries(*reader).size(), 2U);
    bystander.write("newest");
    EXPECT_EQ(get(*reader, "a"), "newest");
    EXPECT_EQ(get(*reader, "before"), "kept");
  }
}

TEST_F(ReadOnlyBesideTest, reader_that_outlives_all_writers_goes_on_beside_new_ones) {
  auto first = std::make_unique<Writer>(options());
  const EnginePtr reader = open_read_only();
  first->write("1");
  EXPECT_EQ(get(*reader, "a"), "1");
  first->kill();
  EXPECT_EQ(get(*reader, "a"), "1");
  Writer second(options());
  second.write("2");
  EXPECT_EQ(get(*reader, "a"), "2");
  second.close();
  EXPECT_EQ(get(*reader, "a"), "2");
  put(*open(), "a", "3");
  EXPECT_EQ(get(*reader, "a"), "3");
}

TEST_F(ReadOnlyBesideTest, beside_a_writer_whose_reader_table_is_closed_to_it_reading_is_denied) {
  fs::permissions(folder_.path(), fs::perms{0755});
  LmdbOptions readable = options();
  readable.mode = 0644;
  Writer writer(readable);
  writer.write("1");
  const ChildEnd denied = run_in_child([&] {
    become_nobody();
    if (::geteuid() == 0) return 0;
    expect_kind(ErrorKind::denied, [&] { (void)open_read_only(); });
    return testing::Test::HasFailure() ? 1 : 0;
  });
  EXPECT_TRUE(denied.is_good()) << denied;
  writer.close();
  const ChildEnd reading = run_in_child([&] {
    become_nobody();
    return get(*open_read_only(), "a") == "1" ? 0 : 1;
  });
  EXPECT_TRUE(reading.is_good()) << reading;
}

TEST_F(ReadOnlyBesideTest, writer_of_the_same_process_is_looked_through) {
  put(*open(), "a", "0");
  const EnginePtr reader = open_read_only();
  EXPECT_EQ(get(*reader, "a"), "0");
  for (int round = 1; round < 5; ++round) {
    EnginePtr writer = open();
    put(*writer, "a", std::to_string(round));
    EXPECT_EQ(get(*reader, "a"), std::to_string(round));
    writer->update([&](WriteTxn& txn) {
      txn.put(as_bytes("b"), as_bytes("within"));
      EXPECT_EQ(get(*reader, "b"), "within");
    });
    expect_kind(ErrorKind::denied, [&] { put(*reader, "a", "x"); });
    writer.reset();
    EXPECT_EQ(get(*reader, "a"), std::to_string(round));
  }
}

TEST_F(ReadOnlyBesideTest, threads_that_read_while_others_open_and_close_are_never_wrong) {
  put(*open(), "a", "0");
  const EnginePtr reader = open_read_only();
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int last = 0; !stop;) {
        const int now = std::stoi(get(*reader, "a").value());
        EXPECT_GE(now, last);
        last = now;
      }
    });
  }
  for (int round = 1; round <= 30; ++round) {
    if (round % 3 == 0) {
      const EnginePtr writer = open();
      put(*writer, "a", std::to_string(round));
      continue;
    }
    const ChildEnd end = run_in_child([&] {
      const EnginePtr writer = open();
      put(*writer, "a", std::to_string(round));
      if (round % 3 == 1) ::kill(::getpid(), SIGKILL);
      return 0;
    });
    EXPECT_FALSE(end.is_timed_out) << end;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(get(*reader, "a"), "30");
}

TEST_F(ReadOnlyBesideTest, views_without_a_pause_keep_nobody_from_opening) {
  put(*open(), "a", "0");
  std::vector<Child> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      const EnginePtr reader = open_read_only();
      std::vector<std::thread> threads;
      for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&] {
          for (;;) reader->view([&](ReadTxn& txn) { (void)entries(txn); });
        });
      }
      for (std::thread& thread : threads) thread.join();
      return 0;
    });
  }
  for (int i = 0; i < 20; ++i) put(*open(), "a", std::to_string(i));
  EXPECT_EQ(get(*open(), "a"), "19");
}

TEST_F(ReadOnlyBesideTest, child_of_a_fork_reads_through_the_handle_of_its_parent) {
  put(*open(), "a", "0");
  for (const bool is_live : {false, true}) {
    std::unique_ptr<Writer> writer;
    if (is_live) writer = std::make_unique<Writer>(options());
    const EnginePtr reader = open_read_only();
    EXPECT_EQ(get(*reader, "a"), "0");
    const ChildEnd end = run_in_child([&] { return get(*reader, "a") == "0" ? 0 : 1; });
    EXPECT_TRUE(end.is_good()) << end;
    EXPECT_EQ(get(*reader, "a"), "0");
    if (writer) writer->close();
  }
}

TEST_F(ReadOnlyBesideTest, child_of_a_fork_keeps_no_lock_of_a_parent_that_closed) {
  EnginePtr engine = open();
  put(*engine, "a", "1");
  ChannelPair line;
  Child child([&] {
    line.parent.close();
    static_cast<void>(line.child.receive());
    return 0;
  });
  line.child.close();
  engine.reset();
  EXPECT_EQ(get(*open(), "a"), "1");
  EXPECT_EQ(get(*open_read_only(), "a"), "1");
  line.parent.send("end");
  EXPECT_TRUE(child.wait().is_good());
}

}  // namespace
}  // namespace larder::test
