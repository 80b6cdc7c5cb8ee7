// SPDX-License-Identifier: Apache-2.0

// Closing gives back what is out of use: only if that pays, nobody waits for it, and whatever
// happens on the way, nothing changes but the size.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>

#include "engine/lmdb/presence.h"
#include "larder/core/clock.h"
#include "larder/engine/engine.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/faulty_io.h"
#include "support/temp_dir.h"
#include "unit/engine/compact_fixture.h"

namespace larder::test {
namespace {

constexpr std::uint64_t small_bytes = 600'000;
constexpr std::uint64_t large_bytes = 5'000'000;

class CompactOnCloseTest : public testing::Test {
 protected:
  CompactOnCloseTest() : dir_(memory_folder()) {}

  [[nodiscard]] LmdbOptions options() const { return {.path = dir_ / "engine"}; }
  [[nodiscard]] EnginePtr open(const EngineHooks& hooks = {}) const {
    return open_lmdb(options(), hooks);
  }
  [[nodiscard]] std::uint64_t file_bytes() const {
    return std::filesystem::file_size(dir_ / "engine" / "data.mdb");
  }
  [[nodiscard]] bool has_copy() const { return std::filesystem::exists(dir_ / "engine/second"); }

  /// What stays when it is not compacted.
  Entries fill_and_keep_large() const {
    LmdbOptions never = options();
    never.compact_on_close = {};
    return fill_and_erase_most(*open_lmdb(never));
  }
  /// An orderly end leaves a note of it.
  void expect_orderly_end() const {
    EXPECT_TRUE(std::filesystem::exists(dir_ / "engine/clean"));
    EXPECT_FALSE(has_copy());
  }

  /// Byte 1 of `users` is locked then; see docs/format/log.md.
  static bool somebody_waits(const File& users) {
    struct ::flock range{};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = 1;
    range.l_len = 1;
    return ::fcntl(users.fd(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
  }

  TempDir dir_;
};

TEST_F(CompactOnCloseTest, gives_space_back_and_keeps_every_entry) {
  const Entries before = fill_and_erase_most(*open());

  EXPECT_LT(file_bytes(), small_bytes);
  expect_orderly_end();
  const EnginePtr engine = open();
  EXPECT_EQ(entries(*engine), before);
  put(*engine, "new", "1");
  EXPECT_EQ(get(*engine, "new"), "1");
}

TEST_F(CompactOnCloseTest, does_not_copy_what_it_may_not_or_what_is_no_gain) {
  const Entries before = fill_and_keep_large();
  EXPECT_GT(file_bytes(), large_bytes);
  expect_orderly_end();

  static_cast<void>(entries(*open()));  // nothing was written
  EXPECT_GT(file_bytes(), large_bytes);

  put(*open(), "a", "2");
  const std::uint64_t compacted = file_bytes();
  EXPECT_LT(compacted, small_bytes);
  struct stat first{};
  ASSERT_EQ(::stat((dir_ / "engine/data.mdb").c_str(), &first), 0);
  put(*open(), "a", "3");
  struct stat second{};
  ASSERT_EQ(::stat((dir_ / "engine/data.mdb").c_str(), &second), 0);
  EXPECT_EQ(first.st_ino, second.st_ino) << "it was copied again";
  erase(*open(), "a");
  EXPECT_EQ(entries(*open()), before);
}

TEST_F(CompactOnCloseTest, takes_no_longer_than_what_was_written) {
  LmdbOptions never = options();
  never.compact_on_close = {};
  const auto key_of = [](int i) { return "key" + std::to_string(10'000 + i); };
  const auto put_all = [&](Engine& engine, int step) {
    engine.update([&](WriteTxn& txn) {
      const std::string value(500, 'v');
      for (int i = 0; i < 8'000; i += step) txn.put(as_bytes(key_of(i)), as_bytes(value));
    });
  };
  put_all(*open_lmdb(never), 1);
  // Half of each page, a part of the table at a time: half of the file and more is not needed.
  for (int begin = 0; begin < 8'000; begin += 1'000) {
    open_lmdb(never)->update([&](WriteTxn& txn) {
      for (int i = begin + 1; i < begin + 1'000; i += 2) txn.erase(as_bytes(key_of(i)));
    });
  }
  const std::uint64_t before = file_bytes();

  put(*open(), "a", "1");
  EXPECT_GE(file_bytes(), before) << "all was copied for one small entry";

  put_all(*open(), 2);
  EXPECT_LT(file_bytes(), before * 2 / 3);
  EXPECT_EQ(entries(*open()).size(), 4'001U);
}

TEST_F(CompactOnCloseTest, is_done_by_the_last_process_that_has_it_open) {
  EnginePtr engine = open();
  const ChildEnd end = run_in_child([&] {
    fill_and_erase_most(*open());
    return 0;
  });
  ASSERT_TRUE(end.is_good()) << end;
  EXPECT_GT(file_bytes(), large_bytes);
  const Entries before = entries(*engine);

  engine.reset();

  EXPECT_LT(file_bytes(), small_bytes);
  EXPECT_EQ(entries(*open()), before);
}

TEST_F(CompactOnCloseTest, is_given_up_for_who_waits_to_open_it) {
  EnginePtr engine = open();
  const Entries before = fill_and_erase_most(*engine);
  const File users(Io::system(), dir_ / "engine/users", O_RDWR);
  {
    const lmdb::WaitingToOpen somebody(Io::system(), users.fd());
    engine.reset();
  }
  EXPECT_GT(file_bytes(), large_bytes);
  expect_orderly_end();
  EXPECT_EQ(entries(*open()), before);
}

TEST_F(CompactOnCloseTest, is_given_up_for_another_thread_that_opens_it) {
  FaultyIo io;
  EngineHooks hooks;
  hooks.io = &io;
  EnginePtr engine = open(hooks);
  const Entries before = fill_and_erase_most(*engine);
  EnginePtr another;
  std::thread opener;
  const File users(Io::system(), dir_ / "engine/users", O_RDWR);
  io.run_at("compact.ask", 2, [&] {
    opener = std::thread([&] { another = open(); });
    while (!somebody_waits(users)) std::this_thread::yield();
  });

  engine.reset();
  opener.join();

  EXPECT_GT(file_bytes(), large_bytes);
  EXPECT_EQ(entries(*another), before);
}

TEST_F(CompactOnCloseTest, is_given_up_when_its_time_is_over) {
  FaultyIo io;
  ManualClock clock;
  EngineHooks hooks;
  hooks.io = &io;
  hooks.clock = &clock;
  EnginePtr engine = open(hooks);
  const Entries before = fill_and_erase_most(*engine);
  io.run_at("compact.ask", 2, [&] { clock.advance(options().compact_on_close); });

  engine.reset();

  EXPECT_GT(file_bytes(), large_bytes);
  expect_orderly_end();
  EXPECT_EQ(entries(*open()), before);
}

TEST_F(CompactOnCloseTest, keeps_the_permissions_of_the_file) {
  fill_and_keep_large();
  std::filesystem::permissions(dir_ / "engine/data.mdb", std::filesystem::perms{0640});
  put(*open(), "a", "1");
  EXPECT_LT(file_bytes(), small_bytes);
  EXPECT_EQ(std::filesystem::status(dir_ / "engine/data.mdb").permissions(),
            std::filesystem::perms{0640});
}

TEST_F(CompactOnCloseTest, needs_ample_room) {
  fill_and_keep_large();
  FaultyIo io;
  EngineHooks hooks;
  hooks.io = &io;
  io.pretend_free_bytes(10'000'000);
  put(*open(hooks), "a", "1");
  EXPECT_GT(file_bytes(), large_bytes);
}

TEST_F(CompactOnCloseTest, call_that_fails_loses_nothing) {
  const Entries before = fill_and_keep_large();
  const std::filesystem::path large = dir_ / "large";
  std::filesystem::copy(dir_ / "engine", large);
  bool was_compacted = false;
  for (const int error : {ENOSPC, EIO}) {
    for (std::uint64_t k = 1;; ++k) {
      std::filesystem::remove_all(dir_ / "engine");
      std::filesystem::copy(large, dir_ / "engine");
      FaultyIo io;
      EngineHooks hooks;
      hooks.io = &io;
      EnginePtr engine = open(hooks);
      put(*engine, "a", std::to_string(k));
      io.fail("any", k, error);
      engine.reset();
      engine = open();
      ASSERT_EQ(get(*engine, "a"), std::to_string(k)) << "call " << k;
      erase(*engine, "a");
      ASSERT_EQ(entries(*engine), before) << "call " << k;
      was_compacted = was_compacted || file_bytes() < small_bytes;
      if (io.faults() == 0) break;
    }
  }
  EXPECT_TRUE(was_compacted);
}

TEST_F(CompactOnCloseTest, process_killed_at_any_point_loses_nothing) {
  const Entries before = fill_and_keep_large();
  const std::filesystem::path large = dir_ / "large";
  std::filesystem::copy(dir_ / "engine", large);
  std::uint64_t left_a_copy = 0;
  for (std::uint64_t k = 1;; ++k) {
    std::filesystem::remove_all(dir_ / "engine");
    std::filesystem::copy(large, dir_ / "engine");
    const ChildEnd end = run_in_child([&] {
      FaultyIo io;
      EngineHooks hooks;
      hooks.io = &io;
      EnginePtr engine = open(hooks);
      put(*engine, "a", "1");
      io.run_at("any", k, [] { ::kill(::getpid(), SIGKILL); });
      io.run_at("point", k, [] { ::kill(::getpid(), SIGKILL); });
      engine.reset();
      return 0;
    });
    if (has_copy()) ++left_a_copy;
    const EnginePtr engine = open();
    EXPECT_FALSE(has_copy()) << "call " << k;
    ASSERT_EQ(get(*engine, "a"), "1") << "call " << k;
    erase(*engine, "a");
    ASSERT_EQ(entries(*engine), before) << "call " << k;
    if (end.is_good()) break;
    ASSERT_EQ(end.signal, SIGKILL) << end;
  }
  EXPECT_GT(left_a_copy, 3U);
}

TEST_F(CompactOnCloseTest, copy_that_is_a_link_leads_nowhere) {
  const std::filesystem::path other = dir_ / "other";
  put(*open_lmdb({.path = other}), "k", "v");
  std::filesystem::create_directory(dir_ / "engine");
  std::filesystem::create_directory_symlink(other, dir_ / "engine/second");
  fill_and_erase_most(*open());
  EXPECT_EQ(get(*open_lmdb({.path = other}), "k"), "v");
}

}  // namespace
}  // namespace larder::test
