// SPDX-License-Identifier: Apache-2.0

// A directory that is removed or replaced while it is open: writes fail instead of going nowhere,
// and what took its place is left alone.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "larder/core/error.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/expect_kind.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

namespace fs = std::filesystem;

class RemovedDirectory : public testing::TestWithParam<Durability> {
 protected:
  EnginePtr open() {
    return open_lmdb_with({.directory = place_,
                           .durability = GetParam(),
                           .sync_interval = std::chrono::milliseconds{20},
                           .hooks = {.log = [](LogLevel, std::string_view) {}}});
  }

  /// Calls `deed` until it fails, as it must before long.
  static void expect_lost(const std::function<void()>& deed) {
    const SteadyTime end = Clock::system().steady_now() + std::chrono::seconds{60};
    while (Clock::system().steady_now() < end) {
      try {
        deed();
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable) << error.what();
        EXPECT_NE(std::string_view(error.what()).find("engine"), std::string_view::npos);
        return;
      }
    }
    ADD_FAILURE() << "nobody noticed";
  }

  TempDir dir_{memory_folder()};
  fs::path place_ = dir_ / "engine";
};

constexpr auto level_name = [](const auto& test) -> std::string {
  if (test.param == Durability::durable) return "durable";
  return test.param == Durability::consistent ? "consistent" : "disposable";
};

TEST_P(RemovedDirectory, sync_notices) {
  const EnginePtr engine = open();
  put(*engine, "k", "v");
  fs::remove_all(place_);
  expect_kind(ErrorKind::unavailable, [&] { engine->sync(); });
  expect_kind(ErrorKind::unavailable, [&] { put(*engine, "k", "w"); });
  EXPECT_EQ(get(*engine, "k"), "v");
}

TEST_P(RemovedDirectory, updates_fail_before_long) {
  const EnginePtr engine = open();
  put(*engine, "k", "v");
  fs::remove_all(place_);
  expect_lost([&] { put(*engine, "k", "w"); });
  expect_kind(ErrorKind::unavailable, [&] { put(*engine, "k", "w"); });
}

TEST_P(RemovedDirectory, large_updates_fail) {
  const EnginePtr engine = open();
  put(*engine, "k", "v");
  fs::remove_all(place_);
  const std::string value(400'000, 'x');
  expect_lost([&] { put(*engine, "k", value); });
}

TEST_P(RemovedDirectory, directory_that_took_the_place_is_left_alone) {
  EnginePtr old = open();
  put(*old, "k", "old");
  fs::rename(place_, dir_ / "moved");
  {
    const EnginePtr fresh = open();
    put(*fresh, "k", "new");
    expect_lost([&] { put(*old, "l", "old"); });
    old.reset();
    EXPECT_EQ(get(*fresh, "k"), "new");
  }
  const EnginePtr fresh = open();
  EXPECT_EQ(entries(*fresh), (Entries{{"k", "new"}}));
  place_ = dir_ / "moved";
  EXPECT_EQ(get(*open(), "k"), "old");
}

TEST_P(RemovedDirectory, database_that_others_have_open_is_not_begun_anew) {
  const EnginePtr engine = open();
  put(*engine, "k", "v");
  fs::remove(place_ / "data.mdb");
  const ChildEnd end = run_in_child([&] {
    expect_kind(ErrorKind::unavailable, [&] { open(); });
    return testing::Test::HasFailure() ? 1 : 0;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(get(*engine, "k"), "v");
}

INSTANTIATE_TEST_SUITE_P(Levels, RemovedDirectory,
                         testing::Values(Durability::durable, Durability::consistent,
                                         Durability::disposable),
                         level_name);

}  // namespace
}  // namespace larder::test
