// SPDX-License-Identifier: Apache-2.0

// Reading a database that nobody has open, without leaving a trace.

#include <sched.h>
#include <sys/mount.h>

#include <algorithm>

#include "larder/core/error.h"
#include "larder/core/random.h"
#include "open_mode_fixture.h"
#include "support/expect_kind.h"
#include "support/faulty_io.h"
#include "support/folder_image.h"
#include "support/settings.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

using ReadOnlyTest = OpenModeTest;

TEST_F(ReadOnlyTest, writing_is_denied) {
  put(*open(), "a", "1");
  const EnginePtr engine = open_read_only();
  expect_kind(ErrorKind::denied, [&] { put(*engine, "a", "2"); });
  expect_kind(ErrorKind::denied, [&] { engine->sync(); });
  expect_kind(ErrorKind::denied, [&] { (void)engine->claim(as_bytes("c"), {}); });
  EXPECT_EQ(get(*engine, "a"), "1");
  EXPECT_TRUE(engine->place().is_read_only);
  EXPECT_EQ(engine->generation(as_bytes("a")), nullptr);
}

TEST_F(ReadOnlyTest, database_at_rest_is_read_and_left_as_it_is) {
  {
    const EnginePtr engine = open();
    fill(*engine, 1000, std::string(100, 'v'));
    put(*engine, std::string(2000, 'l'), std::string(200'000, 'v'));
  }
  const FolderImage before(path());
  {
    const EnginePtr engine = open_read_only();
    EXPECT_EQ(entries(*engine).size(), 1001U);
    EXPECT_EQ(entries(*engine, {}, Direction::backward).size(), 1001U);
    EXPECT_EQ(get(*engine, "key999"), std::string(100, 'v'));
    EXPECT_EQ(get(*engine, std::string(2000, 'l')), std::string(200'000, 'v'));
    EXPECT_EQ(get(*engine, "missing"), std::nullopt);
    EXPECT_EQ(engine->info().entries, 1001U);
    EXPECT_EQ(engine->shared_memory("hints", 64).size(), 64U);
    engine->shared_memory("hints", 64)[0] = std::byte{1};
  }
  EXPECT_EQ(FolderImage(path()), before);
}

TEST_F(ReadOnlyTest, log_of_a_killed_writer_is_read_in_place) {
  write_and_be_killed([](Engine& engine) {
    fill(engine, 3000, std::string(1500, 'a'));  // several segments
    erase(engine, "key7");
    put(engine, "key8", "new");
    engine.update([](WriteTxn& txn) {
      for (int i = 100; i < 200; ++i) txn.erase(as_bytes("key" + std::to_string(i)));
      txn.put(as_bytes(std::string(2000, 'l')), as_bytes("long key"));
    });
  });
  const FolderImage before(path());
  Entries found;
  {
    const EnginePtr engine = open_read_only();
    found = entries(*engine);
    Entries backward = entries(*engine, {}, Direction::backward);
    std::ranges::reverse(backward);
    EXPECT_EQ(found, backward);
    EXPECT_EQ(get(*engine, "key7"), std::nullopt);
    EXPECT_EQ(get(*engine, "key8"), "new");
    EXPECT_EQ(get(*engine, std::string(2000, 'l')), "long key");
    EXPECT_EQ(engine->info().entries, 2900U);
  }
  EXPECT_EQ(FolderImage(path()), before);
  EXPECT_EQ(entries(*open()), found) << "recovery comes to something else";
}

TEST_F(ReadOnlyTest, killed_writers_leave_what_recovery_finds) {
  Random random(seed());
  for (std::uint64_t round = 0; round < rounds(20, 400); ++round) {
    const std::uint64_t last = random.below(40);
    const std::uint64_t start = random();
    const ChildEnd end = run_in_child([&] {
      FaultyIo io;
      const EnginePtr engine = open(OpenMode::open_or_create, {.io = &io});
      io.run_at("point", 1 + last, [] { ::kill(::getpid(), SIGKILL); });
      Random chance(start);
      for (int i = 0; i < 400; ++i) {
        const std::string key = "key" + std::to_string(chance.below(50));
        if (chance.below(4) == 0) {
          erase(*engine, key);
        } else {
          put(*engine, key, std::string(chance.below(i % 40 == 0 ? 3'000'000 : 3000), 'v'));
        }
      }
      return 0;
    });
    ASSERT_TRUE(end.signal == SIGKILL || end.is_good()) << end;
    const FolderImage before(path());
    const Entries found = entries(*open_read_only());
    ASSERT_EQ(FolderImage(path()), before);
    ASSERT_EQ(entries(*open()), found) << "round " << round;
  }
}

TEST_F(ReadOnlyTest, files_without_write_permission_are_enough) {
  write_and_be_killed([](Engine& engine) { fill(engine, 100, "v"); });
  fs::permissions(folder_.path(), fs::perms{0755});
  for (const auto& entry : fs::directory_iterator(path())) {
    fs::permissions(entry.path(), fs::perms{0444});
  }
  fs::permissions(path(), fs::perms{0555});
  const FolderImage before(path());
  const ChildEnd end = run_in_child([&] {
    become_nobody();
    return entries(*open_read_only()).size() == 100 ? 0 : 1;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(FolderImage(path()), before);
  fs::permissions(path(), fs::perms{0755});
}

TEST_F(ReadOnlyTest, database_on_a_read_only_medium_is_read) {
  write_and_be_killed([](Engine& engine) { fill(engine, 100, "v"); });
  constexpr int cannot_mount = 77;
  const ChildEnd end = run_in_child([&] {
    constexpr auto read_only = MS_BIND | MS_REMOUNT | MS_RDONLY;
    const char* place = folder_.path().c_str();
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(place, place, nullptr, MS_BIND, nullptr) != 0 ||
        ::mount("none", place, nullptr, read_only, nullptr) != 0) {
      return cannot_mount;
    }
    expect_kind(ErrorKind::denied, [&] { (void)open(); });
    return entries(*open_read_only()).size() == 100 && !testing::Test::HasFailure() ? 0 : 1;
  });
  if (end.exit_code == cannot_mount) GTEST_SKIP() << "this machine does not let the test mount";
  EXPECT_TRUE(end.is_good()) << end;
}

TEST_F(ReadOnlyTest, file_that_says_who_uses_it_must_be_there) {
  put(*open(), "a", "1");
  fs::remove(path() / "users");
  expect_kind(ErrorKind::not_supported, [&] { (void)open_read_only(); });
}

TEST_F(ReadOnlyTest, disposable_database_that_a_restart_lost_is_not_read) {
  LmdbOptions disposable = options();
  disposable.durability = Durability::disposable;
  const ChildEnd end = run_in_child([&] {
    const EnginePtr engine = open_lmdb(disposable, {.boot_id = "yesterday"});
    put(*engine, "a", "1");
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(end.signal, SIGKILL);
  expect_kind(ErrorKind::unavailable,
              [&] { (void)open(OpenMode::read_only, {.boot_id = "today"}); });
  EXPECT_EQ(get(*open(OpenMode::read_only, {.boot_id = "yesterday"}), "a"), "1");
}

TEST_F(ReadOnlyTest, database_that_was_cut_short_is_refused_and_never_crashes) {
  {
    const EnginePtr engine = open();
    fill(*engine, 500, std::string(300, 'v'));
  }
  Random random(seed());
  for (std::uint64_t round = 0; round < rounds(40, 1000); ++round) {
    const std::uint64_t bytes = random.below(fs::file_size(path() / "data.mdb"));
    const ChildEnd end = run_in_child([&] {
      const fs::path copy = folder_ / "copy";
      fs::remove_all(copy);
      fs::copy(path(), copy);
      fs::remove(copy / "clean");
      fs::resize_file(copy / "data.mdb", bytes);
      LmdbOptions cut = options(OpenMode::read_only);
      cut.path = copy;
      try {
        const EnginePtr engine = open_lmdb(cut);
        EXPECT_EQ(entries(*engine).size(), 500U);  // only what was kept in reserve is missing
      } catch (const Error&) {
      }
      return testing::Test::HasFailure() ? 1 : 0;
    });
    ASSERT_TRUE(end.is_good()) << end << " at " << bytes;
  }
}

}  // namespace
}  // namespace larder::test
