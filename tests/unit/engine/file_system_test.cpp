// SPDX-License-Identifier: Apache-2.0
#include "larder/engine/file_system.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string_view>

#include "larder/core/error.h"
#include "support/engine_under_test.h"
#include "support/faulty_io.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

TEST(FileSystem, what_is_not_known_is_taken_for_local) {
  EXPECT_EQ(describe_file_system(0xEF53).name, "ext4");
  EXPECT_EQ(describe_file_system(0x65735546).kind, FileSystemKind::mixed);
  EXPECT_EQ(describe_file_system(12345).name, "");
  EXPECT_EQ(describe_file_system(12345).kind, FileSystemKind::local);
  EXPECT_EQ(describe_file_system(-2).kind, FileSystemKind::local);
}

class EngineOnNetwork : public testing::TestWithParam<std::int64_t> {};

TEST_P(EngineOnNetwork, is_refused_and_leaves_nothing) {
  const TempDir dir;
  FaultyIo io;
  io.pretend_file_system(GetParam());
  EXPECT_EQ(describe_file_system(GetParam()).kind, FileSystemKind::network);
  for (const OpenMode mode : {OpenMode::open_or_create, OpenMode::create}) {
    try {
      (void)open_lmdb({.path = dir / "engine", .open_mode = mode}, {.io = &io});
      ADD_FAILURE() << "it opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::not_supported);
      const std::string_view what = error.what();
      EXPECT_NE(what.find((dir / "engine").string()), std::string_view::npos) << what;
      EXPECT_NE(what.find("network file system"), std::string_view::npos) << what;
      EXPECT_NE(what.find("choose a local directory"), std::string_view::npos) << what;
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir / "engine"));
}

TEST_P(EngineOnNetwork, is_not_even_read) {
  const TempDir dir;
  {
    put(*open_lmdb({.path = dir / "engine"}), "k", "v");
  }
  FaultyIo io;
  io.pretend_file_system(GetParam());
  for (const OpenMode mode : {OpenMode::open, OpenMode::read_only}) {
    try {
      (void)open_lmdb({.path = dir / "engine", .open_mode = mode}, {.io = &io});
      ADD_FAILURE() << "it opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::not_supported);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, EngineOnNetwork,
                         testing::Values(0x6969, 0x517B, 0xFE534D42, 0xFF534D42, 0x01021997,
                                         0x00C36400, 0x5346414F, 0x6B414653, 0x0BD00BD0, 0x47504653,
                                         0x19830326, 0x20030528, 0x7461636F, 0x01161970, 0x564C,
                                         0x73757245),
                         [](const auto& test) {
                           return std::string(describe_file_system(test.param).name);
                         });

TEST(EngineInUserSpace, opens_since_it_may_be_local) {
  const TempDir dir;
  FaultyIo io;
  io.pretend_file_system(0x65735546);
  put(*open_lmdb({.path = dir / "engine"}, {.io = &io}), "k", "v");
}

}  // namespace
}  // namespace larder::test
