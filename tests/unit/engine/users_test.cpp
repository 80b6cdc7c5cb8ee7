// SPDX-License-Identifier: Apache-2.0
#include "larder/engine/users.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "larder/core/error.h"
#include "larder/engine/compact.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

class UsersOfLmdb : public testing::Test {
 protected:
  [[nodiscard]] EnginePtr open() const { return open_lmdb_with({.directory = dir_.path()}); }

  TempDir dir_;
};

TEST_F(UsersOfLmdb, are_those_who_have_it_open) {
  EXPECT_TRUE(users_of_lmdb(dir_.path()).empty());
  EnginePtr engine = open();
  EXPECT_THAT(users_of_lmdb(dir_.path()), testing::ElementsAre(::getpid()));
  engine.reset();
  EXPECT_TRUE(users_of_lmdb(dir_.path()).empty());
  EXPECT_TRUE(users_of_lmdb(dir_ / "nothing").empty());
}

TEST_F(UsersOfLmdb, are_named_where_it_must_be_closed) {
  ChannelPair line;
  Child child([&] {
    line.parent.close();
    const EnginePtr engine = open();
    line.child.send("open");
    static_cast<void>(line.child.receive());
    return 0;
  });
  line.child.close();
  ASSERT_EQ(line.parent.receive(), "open");
  EXPECT_THAT(users_of_lmdb(dir_.path()), testing::ElementsAre(child.pid()));
  try {
    compact_lmdb({.path = dir_.path()}, {}, [](std::uint64_t, std::uint64_t) {});
    ADD_FAILURE() << "it was compacted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    EXPECT_THAT(error.what(), testing::HasSubstr("process " + std::to_string(child.pid()) + ":"));
  }
  line.parent.close();
  EXPECT_TRUE(child.wait().is_good());
}

}  // namespace
}  // namespace larder::test
