// SPDX-License-Identifier: Apache-2.0

// What a writer that died left in the log, and whoever comes next.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/expect_kind.h"
#include "support/faulty_io.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

TEST(DeadWriterTest, is_tried_again_after_it_failed) {
  const TempDir dir;
  FaultyIo io;
  EngineSettings settings{.directory = dir / "engine"};
  settings.hooks.io = &io;
  const EnginePtr engine = open_lmdb_with(settings);
  const ChildEnd end = run_in_child([&] {
    const EnginePtr mine = open_lmdb_with({.directory = dir / "engine"});
    put(*mine, "kept", "1");
    mine->update([](WriteTxn& txn) {
      txn.put(as_bytes("unfinished"), as_bytes("1"));
      ::kill(::getpid(), SIGKILL);
    });
    return 0;
  });
  ASSERT_EQ(end.signal, SIGKILL) << end;

  // This process has not opened the segment yet, and the writer's death is told only once.
  io.fail_from("open", 1, EMFILE);
  expect_kind(ErrorKind::unavailable, [&] { put(*engine, "refused", "1"); });
  EXPECT_GT(io.faults(), 0U);
  io.clear_rules();

  put(*engine, "next", "1");
  EXPECT_EQ(entries(*engine), (Entries{{"kept", "1"}, {"next", "1"}}));
}

}  // namespace
}  // namespace larder::test
