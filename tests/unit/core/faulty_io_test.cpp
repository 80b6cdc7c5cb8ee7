// SPDX-License-Identifier: Apache-2.0
// The fake itself: tests of others are only as good as it is.
#include "support/faulty_io.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace larder::test {
namespace {

TEST(FaultyIo, without_rules_does_what_the_system_does) {
  const TempDir dir;
  FaultyIo io;
  const int fd = io.open(dir / "f", O_CREAT | O_RDWR, 0600);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(io.write(fd, as_bytes("abc")), 3);
  EXPECT_EQ(io.close(fd), 0);
  EXPECT_EQ(as_text(read_file(Io::system(), dir / "f")), "abc");
  EXPECT_EQ(io.faults(), 0U);
  EXPECT_EQ(io.events(), (std::vector<std::string>{"open", "write", "close"}));
}

TEST(FaultyIo, fails_exactly_the_nth_call_from_when_it_was_told) {
  const TempDir dir;
  FaultyIo io;
  EXPECT_EQ(io.mkdir(dir / "a", 0700), 0);
  io.fail("mkdir", 2, EACCES);
  EXPECT_EQ(io.mkdir(dir / "b", 0700), 0);
  EXPECT_EQ(io.rmdir(dir / "b"), 0);
  EXPECT_EQ(io.mkdir(dir / "c", 0700), -EACCES);
  EXPECT_FALSE(std::filesystem::exists(dir / "c"));
  EXPECT_EQ(io.mkdir(dir / "c", 0700), 0);
  EXPECT_EQ(io.faults(), 1U);
  EXPECT_EQ(io.count("mkdir"), 4U);
  EXPECT_EQ(io.count(), 5U);
}

TEST(FaultyIo, fail_from_goes_on_until_the_rules_are_cleared) {
  const TempDir dir;
  FaultyIo io;
  io.fail_from("any", 2, EIO);
  EXPECT_EQ(io.mkdir(dir / "a", 0700), 0);
  EXPECT_EQ(io.mkdir(dir / "b", 0700), -EIO);
  EXPECT_EQ(io.rmdir(dir / "a"), -EIO);
  io.clear_rules();
  EXPECT_EQ(io.rmdir(dir / "a"), 0);
}

TEST(FaultyIo, points_are_no_calls) {
  FaultyIo io;
  int hooks = 0;
  io.run_at("log.publish", 2, [&] { ++hooks; });
  io.run_at("point", 1, [&] { hooks += 10; });
  io.point("log.publish");
  EXPECT_EQ(hooks, 10);
  io.point("log.publish");
  EXPECT_EQ(hooks, 11);
  EXPECT_EQ(io.count(), 0U);
  EXPECT_EQ(io.count("point"), 2U);
  EXPECT_EQ(io.count("log.publish"), 2U);
}

TEST(FaultyIo, hook_runs_before_the_call_and_may_use_the_io) {
  const TempDir dir;
  FaultyIo io;
  io.run_at("rmdir", 1, [&] { EXPECT_EQ(io.mkdir(dir / "a", 0700), 0); });
  EXPECT_EQ(io.rmdir(dir / "a"), 0);
}

TEST(FaultyIo, failed_close_closes_and_failed_mmap_sets_errno) {
  const TempDir dir;
  FaultyIo io;
  io.fail("close", 1, EIO);
  io.fail("mmap", 1, ENOMEM);
  const int fd = io.open(dir / "f", O_CREAT | O_RDWR, 0600);
  EXPECT_EQ(io.mmap(1, PROT_READ, MAP_SHARED, fd, 0), MAP_FAILED);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(io.close(fd), -EIO);
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
}

}  // namespace
}  // namespace larder::test
