// SPDX-License-Identifier: Apache-2.0

// OpenMode of the LMDB engine: what each mode makes and refuses.

#include <atomic>
#include <vector>

#include "larder/core/error.h"
#include "open_mode_fixture.h"
#include "support/expect_kind.h"
#include "support/folder_image.h"
#include "support/shared_block.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

TEST_F(OpenModeTest, open_of_what_is_missing_is_refused_and_makes_nothing) {
  for (const OpenMode mode : {OpenMode::open, OpenMode::read_only}) {
    expect_kind(ErrorKind::invalid_argument, [&] { (void)open(mode); });
    EXPECT_FALSE(fs::exists(path()));
  }
  fs::create_directory(path());
  for (const OpenMode mode : {OpenMode::open, OpenMode::read_only}) {
    expect_kind(ErrorKind::invalid_argument, [&] { (void)open(mode); });
    EXPECT_TRUE(fs::is_empty(path()));
  }
}

TEST_F(OpenModeTest, create_makes_one_and_refuses_a_second) {
  {
    const EnginePtr engine = open(OpenMode::create);
    put(*engine, "a", "1");
    expect_kind(ErrorKind::invalid_argument, [&] { (void)open(OpenMode::create); });
  }
  const FolderImage before(path());
  expect_kind(ErrorKind::invalid_argument, [&] { (void)open(OpenMode::create); });
  EXPECT_EQ(FolderImage(path()), before);
  EXPECT_EQ(get(*open(OpenMode::open), "a"), "1");
}

TEST_F(OpenModeTest, of_many_processes_that_create_one_succeeds) {
  for (int round = 0; round < 10; ++round) {
    fs::remove_all(path());
    const SharedBlock<std::atomic<int>> made;
    std::vector<Child> children;
    for (int i = 0; i < 4; ++i) {
      children.emplace_back([&] {
        try {
          const EnginePtr engine = open(OpenMode::create);
          ++*made;
        } catch (const Error& error) {
          return error.kind() == ErrorKind::invalid_argument ? 0 : 1;
        }
        return 0;
      });
    }
    for (Child& child : children) EXPECT_TRUE(child.wait().is_good());
    EXPECT_EQ(*made, 1);
  }
}

TEST_F(OpenModeTest, created_engine_is_usable_in_a_child_of_a_fork) {
  const EnginePtr engine = open(OpenMode::create);
  const ChildEnd end = run_in_child([&] {
    put(*engine, "a", "child");
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(get(*engine, "a"), "child");
}

TEST_F(OpenModeTest, directory_that_everybody_may_write_is_refused) {
  fs::create_directory(path());
  fs::permissions(path(), fs::perms::all);
  expect_kind(ErrorKind::denied, [&] { (void)open(); });
  EXPECT_TRUE(fs::is_empty(path()));
  fs::permissions(path(), fs::perms::all | fs::perms::sticky_bit);
  put(*open(), "a", "1");  // others cannot replace what is there
  fs::permissions(path(), fs::perms::all);
  expect_kind(ErrorKind::denied, [&] { (void)open_read_only(); });
}

}  // namespace
}  // namespace larder::test
