// SPDX-License-Identifier: Apache-2.0

// Giving space back: nothing changes but the size, whatever happens on the way.

#include "larder/engine/compact.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "larder/engine/engine.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/expect_kind.h"
#include "support/faulty_io.h"
#include "support/temp_dir.h"
#include "unit/engine/compact_fixture.h"

namespace larder::test {
namespace {

class CompactTest : public testing::Test {
 protected:
  CompactTest() : dir_(memory_folder()) {}

  [[nodiscard]] EnginePtr open() const { return open_lmdb(options()); }
  [[nodiscard]] LmdbOptions options() const {
    return {.path = dir_ / "engine", .compact_on_close = {}};
  }

  Entries fill() const { return fill_and_erase_most(*open()); }

  TempDir dir_;
};

TEST_F(CompactTest, gives_space_back_and_keeps_every_entry) {
  const Entries before = fill();
  std::uint64_t seen = 0;

  const CompactReport report =
      compact_lmdb(options(), {}, [&](std::uint64_t done, std::uint64_t total) {
        EXPECT_LE(done, total);
        seen = done;
      });

  EXPECT_GT(report.bytes_before, 7'000'000U);
  EXPECT_LT(report.bytes_after, 1'700'000U);  // a mebibyte is kept for a full device
  EXPECT_EQ(seen, before.size());
  const EnginePtr engine = open();
  EXPECT_EQ(entries(*engine), before);
  put(*engine, "new", "1");
  EXPECT_EQ(get(*engine, "new"), "1");
}

TEST_F(CompactTest, may_be_repeated_and_serves_an_empty_database) {
  {
    const EnginePtr engine = open();
  }
  compact_lmdb(options());
  EXPECT_EQ(entries(*open()), Entries{});
  const Entries before = fill();
  compact_lmdb(options());
  const CompactReport again = compact_lmdb(options());
  EXPECT_LE(again.bytes_after, again.bytes_before);
  EXPECT_EQ(entries(*open()), before);
}

TEST_F(CompactTest, is_refused_while_somebody_has_it_open) {
  const EnginePtr engine = open();
  put(*engine, "k", "v");
  expect_kind(ErrorKind::unavailable, [&] { compact_lmdb(options()); });
  const ChildEnd end = run_in_child([&] {
    expect_kind(ErrorKind::unavailable, [&] { compact_lmdb(options()); });
    return HasFailure() ? 1 : 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(get(*engine, "k"), "v");
}

TEST_F(CompactTest, needs_a_database) {
  expect_kind(ErrorKind::invalid_argument, [&] { compact_lmdb(options()); });
}

TEST_F(CompactTest, takes_along_what_a_killed_process_left_in_the_log) {
  fill();
  const ChildEnd end = run_in_child([&] {
    const EnginePtr mine = open();
    put(*mine, "last", "words");
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  ASSERT_EQ(end.signal, SIGKILL);
  compact_lmdb(options());
  EXPECT_EQ(get(*open(), "last"), "words");
}

TEST_F(CompactTest, call_that_fails_changes_nothing) {
  const Entries before = fill();
  for (const int error : {ENOSPC, EIO}) {
    for (std::uint64_t k = 1;; ++k) {
      FaultyIo io;
      EngineHooks hooks;
      hooks.io = &io;
      io.fail("any", k, error);
      try {
        compact_lmdb(options(), hooks);
      } catch (const Error& failed) {
        EXPECT_STRNE(failed.what(), "");
      }
      ASSERT_EQ(entries(*open()), before) << "call " << k;
      if (io.faults() == 0) break;
    }
  }
}

TEST_F(CompactTest, process_killed_at_any_point_leaves_everything) {
  const Entries before = fill();
  for (std::uint64_t k = 1;; ++k) {
    const ChildEnd end = run_in_child([&] {
      FaultyIo io;
      EngineHooks hooks;
      hooks.io = &io;
      io.run_at("any", k, [] { ::kill(::getpid(), SIGKILL); });
      io.run_at("point", k, [] { ::kill(::getpid(), SIGKILL); });
      compact_lmdb(options(), hooks);
      return 0;
    });
    ASSERT_EQ(entries(*open()), before) << "call " << k;
    if (end.is_good()) break;
    ASSERT_EQ(end.signal, SIGKILL) << end;
  }
}

}  // namespace
}  // namespace larder::test
