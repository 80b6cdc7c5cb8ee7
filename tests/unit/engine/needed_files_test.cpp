// SPDX-License-Identifier: Apache-2.0

// Files that updates need reach the device first, and what recovery makes of it if they may not
// have.

#include "engine/lmdb/needed_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "larder/engine/engine.h"
#include "support/child.h"
#include "support/expect_kind.h"
#include "support/faulty_io.h"
#include "support/temp_dir.h"

namespace larder::lmdb {
namespace {

using test::expect_kind;
using test::FaultyIo;
using test::run_in_child;
using test::TempDir;

class NeededFilesTest : public testing::Test {
 protected:
  [[nodiscard]] EnginePtr open(const std::string& boot = "one") {
    return open_lmdb({.path = folder_ / "e", .sync_interval = std::chrono::hours{1}},
                     {.io = &io_, .boot_id = boot});
  }
  void make_file(const std::string& name) {
    std::filesystem::create_directories(folder_ / "e/sub");
    std::ofstream(folder_ / "e/sub" / name) << "content";
  }
  void put(Engine& engine, const std::string& key, int files = 0) {
    for (int i = 0; i < files; ++i) make_file(key + std::to_string(i));
    engine.update([&](WriteTxn& txn) {
      txn.put(as_bytes(key), as_bytes("value"));
      for (int i = 0; i < files; ++i) txn.needs_file("sub/" + key + std::to_string(i));
    });
  }
  [[nodiscard]] static bool has(Engine& engine, const std::string& key) {
    return engine.view([&](ReadTxn& txn) { return txn.get(as_bytes(key)).has_value(); });
  }
  /// Runs `body` with an engine in a process that is killed right behind it.
  template <typename Body>
  void killed(Body body) {
    const auto end = run_in_child([&] {
      const EnginePtr engine = open();
      body(engine);
      ::raise(SIGKILL);
      return 0;
    });
    ASSERT_EQ(end.signal, SIGKILL);
  }

  TempDir folder_{test::memory_folder()};
  FaultyIo io_;
};

TEST_F(NeededFilesTest, are_synced_before_the_log_and_once) {
  const EnginePtr engine = open();
  put(*engine, "a", 2);
  const std::uint64_t before = io_.count("fsync");
  engine->sync();
  EXPECT_EQ(io_.count("fsync") - before, 4U) << "two files, their directory, and the one above";
  const std::vector<std::string> events = io_.events();
  const auto last_fsync = std::find(events.rbegin(), events.rend(), "fsync");
  const auto last_log = std::find(events.rbegin(), events.rend(), "fdatasync");
  EXPECT_LT(last_log - events.rbegin(), last_fsync - events.rbegin());
  put(*engine, "b");
  engine->sync();
  EXPECT_EQ(io_.count("fsync") - before, 4U);
}

TEST_F(NeededFilesTest, that_find_no_place_in_the_list_make_all_be_synced) {
  const EnginePtr engine = open();
  put(*engine, "a", static_cast<int>(needed_file_slots) + 1);
  engine->sync();
  EXPECT_EQ(io_.count("syncfs"), 1U);
  put(*engine, "b", 1);
  engine->sync();
  EXPECT_EQ(io_.count("syncfs"), 1U);
}

TEST_F(NeededFilesTest, whose_sync_fails_end_all_updates) {
  const EnginePtr engine = open();
  put(*engine, "a", 1);
  io_.fail("fsync", 1, EIO);
  expect_kind(ErrorKind::unavailable, [&] { engine->sync(); });
  expect_kind(ErrorKind::unavailable, [&] { put(*engine, "b"); });
  EXPECT_FALSE(has(*engine, "b"));
}

TEST_F(NeededFilesTest, that_cannot_be_opened_now_are_tried_again) {
  const EnginePtr engine = open();
  put(*engine, "a", 1);
  io_.fail("open", 1, EMFILE);
  EXPECT_THROW(engine->sync(), Error);
  engine->sync();
  put(*engine, "b");
}

TEST_F(NeededFilesTest, that_were_not_synced_take_their_updates_along_after_a_restart) {
  killed([&](const EnginePtr& engine) {
    put(*engine, "a", 1);
    engine->sync();
    put(*engine, "b");
    put(*engine, "c", 1);
    put(*engine, "d");
  });
  const EnginePtr engine = open("two");
  EXPECT_TRUE(has(*engine, "a"));
  EXPECT_TRUE(has(*engine, "b"));
  EXPECT_FALSE(has(*engine, "c"));
  EXPECT_FALSE(has(*engine, "d")) << "updates survive in order";
  put(*engine, "e", 1);
  EXPECT_TRUE(has(*engine, "e"));
}

TEST_F(NeededFilesTest, are_synced_by_recovery_if_only_the_process_died) {
  killed([&](const EnginePtr& engine) {
    put(*engine, "a", 1);
    put(*engine, "b");
  });
  const EnginePtr engine = open();
  EXPECT_TRUE(has(*engine, "a"));
  EXPECT_TRUE(has(*engine, "b"));
  EXPECT_EQ(io_.count("syncfs"), 1U);
}

TEST_F(NeededFilesTest, of_another_process_are_synced_too) {
  const EnginePtr engine = open();
  const auto end = run_in_child([&] {
    put(*engine, "a", 1);
    return 0;
  });
  ASSERT_TRUE(end.is_good());
  put(*engine, "b");
  const std::uint64_t before = io_.count("fsync");
  engine->sync();
  EXPECT_EQ(io_.count("fsync") - before, 3U);
}

TEST_F(NeededFilesTest, of_a_large_transaction_are_synced_before_it_counts) {
  const EnginePtr engine = open();
  make_file("x");
  std::uint64_t before = 0;
  engine->update([&](WriteTxn& txn) {
    txn.put(as_bytes("large"), Bytes(std::size_t{20} << 20U));
    txn.needs_file("sub/x");
    before = io_.count("fsync");
  });
  EXPECT_EQ(io_.count("fsync") - before, 3U);
}

}  // namespace
}  // namespace larder::lmdb
