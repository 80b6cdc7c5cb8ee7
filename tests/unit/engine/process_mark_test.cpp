// SPDX-License-Identifier: Apache-2.0

// A process that has an engine open is seen by others, whoever forks or dies.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <string>
#include <thread>

#include "larder/engine/engine.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

class ProcessMarkTest : public testing::Test {
 protected:
  [[nodiscard]] EnginePtr open() const { return open_lmdb({.path = dir_ / "db"}); }

  TempDir dir_{memory_folder()};
  EnginePtr engine_ = open();
};

TEST_F(ProcessMarkTest, is_one_for_each_process_while_it_has_the_engine_open) {
  const std::uint64_t mine = engine_->presence();
  EXPECT_NE(mine, 0U);
  EXPECT_EQ(open()->presence(), mine);
  EXPECT_TRUE(engine_->is_present(mine));
  EXPECT_FALSE(engine_->is_present(mine + 1));
  engine_.reset();
  engine_ = open();
  EXPECT_FALSE(engine_->is_present(mine));
}

TEST_F(ProcessMarkTest, of_nobody_may_be_anybody) {
  EXPECT_TRUE(engine_->is_present(0));
  EXPECT_EQ(open_memory_engine()->presence(), 0U);
  EXPECT_TRUE(open_memory_engine()->is_present(1));
}

TEST_F(ProcessMarkTest, of_a_parent_is_not_that_of_its_child) {
  const std::uint64_t mine = engine_->presence();
  EXPECT_TRUE(run_in_child([&] {
                if (engine_->presence() == mine) return 1;
                return engine_->is_present(mine) ? 0 : 2;
              }).is_good());
  EXPECT_TRUE(engine_->is_present(mine));
}

// An open file description is shared with the child of a fork, and so is what it has locked.
TEST_F(ProcessMarkTest, goes_with_its_process_though_a_child_of_it_lives_on) {
  ChannelPair line;
  ChannelPair orphan;
  Child parent([&] {
    line.parent.close();
    const std::uint64_t mark = engine_->presence();
    if (::fork() == 0) {
      line.child.close();
      orphan.parent.close();
      orphan.child.send("lives");
      static_cast<void>(orphan.child.receive());
      ::_exit(0);
    }
    orphan.child.close();
    line.child.send(std::to_string(mark));
    static_cast<void>(line.child.receive());  // until killed
    return 0;
  });
  line.child.close();
  orphan.child.close();
  const std::uint64_t mark = std::stoull(line.parent.receive().value_or("0"));
  ASSERT_EQ(orphan.parent.receive(), "lives");
  EXPECT_TRUE(engine_->is_present(mark));
  parent.kill(SIGKILL);
  parent.wait();
  EXPECT_FALSE(engine_->is_present(mark));
  EXPECT_TRUE(orphan.parent.send("end"));
}

// Such as for a copy of the directory.
TEST_F(ProcessMarkTest, stays_when_somebody_reads_the_file_in_the_same_process) {
  const std::uint64_t mark = engine_->presence();
  static_cast<void>(read_file(Io::system(), dir_ / "db" / "users"));
  const EnginePtr engine = engine_;
  EXPECT_TRUE(run_in_child([&] { return engine->is_present(mark) ? 0 : 1; }).is_good());
}

}  // namespace
}  // namespace larder::test
