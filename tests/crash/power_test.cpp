// SPDX-License-Identifier: Apache-2.0
// What each durability level keeps when the power goes off.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include "crash/durable_shadow.h"
#include "crash/power_image.h"
#include "crash/power_rig.h"
#include "support/child.h"
#include "support/faulty_io.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

PowerReport cut(const std::string& name, Durability durability) {
  const PowerReport report = run_power_cuts(
      {.open = open_lmdb_subject,
       .settings = {.durability = durability, .sync_interval = std::chrono::milliseconds{100}},
       .promise = durability,
       .cuts = rounds(300, 10000),
       .long_rounds = durability == Durability::consistent ? rounds(6, 100) : 0,
       .seed = seed()});
  std::printf("%s\n", report.line(name).c_str());
  EXPECT_EQ(report.violations, 0U) << report.first_violation;
  EXPECT_GE(report.cuts, rounds(300, 10000));
  return report;
}

/// Waits until the engine has synced `count` times; false after a minute.
bool has_synced(const FaultyIo& io, std::uint64_t count) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (io.count("fdatasync") < count) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST(LmdbPower, durable_loses_nothing) {
  EXPECT_EQ(cut("lmdb durable", Durability::durable).lossy_cuts, 0U);
}

TEST(LmdbPower, consistent_loses_at_most_the_last_second) {
  cut("lmdb consistent", Durability::consistent);
}

TEST(LmdbPower, consistent_syncs_earlier_writes_while_an_update_runs_long) {
  const TempDir dir;
  FaultyIo io;
  EngineSettings settings{.directory = dir / "engine", .sync_interval = std::chrono::seconds{1}};
  settings.hooks.io = &io;
  const EnginePtr engine = open_lmdb_with(settings);

  // What nobody adds to for a quarter of the interval goes to LMDB, and needs no sync of the log.
  put(*engine, "first", "1");
  const std::uint64_t before = io.count("fdatasync");
  engine->update([&](WriteTxn&) { EXPECT_TRUE(has_synced(io, before + 1)); });
}

TEST(LmdbPower, closed_without_a_write_opens_again) {
  const TempDir dir(memory_folder());
  EngineSettings settings{.directory = dir / "engine"};
  const ShadowPlan plan{.folder = settings.directory, .shadow = dir / "shadow"};
  std::filesystem::create_directory(settings.directory);
  everything_is_durable(plan);
  ASSERT_TRUE(run_in_child([&] {
                watch_syncs(plan);
                (void)open_lmdb_with(settings);
                return 0;
              }).is_good());
  Random random(seed());
  // Files that appeared since the last sync of the folder are there or not, each by itself.
  for (int i = 0; i < 64; ++i) {
    settings.directory = dir / ("image" + std::to_string(i));
    make_power_image(plan.folder, plan.shadow, settings.directory, random);
    EXPECT_NO_THROW((void)open_lmdb_with(settings)) << i;
  }
}

TEST(LmdbPower, cut_while_it_is_made_leaves_one_that_opens) {
  Random random(seed());
  for (std::uint64_t sync = 1; sync <= 12; ++sync) {
    const TempDir dir(memory_folder());
    EngineSettings settings{.directory = dir / "engine", .durability = Durability::durable};
    const ShadowPlan plan{
        .folder = settings.directory, .shadow = dir / "shadow", .kill_at_sync = sync};
    std::filesystem::create_directory(settings.directory);
    everything_is_durable(plan);
    static_cast<void>(run_in_child([&] {
      watch_syncs(plan);
      put(*open_lmdb_with(settings), "first", "1");
      return 0;
    }));
    for (int i = 0; i < 32; ++i) {
      settings.directory = dir / ("image" + std::to_string(i));
      make_power_image(plan.folder, plan.shadow, settings.directory, random);
      EXPECT_NO_THROW(put(*open_lmdb_with(settings), "after", "the cut"))
          << "sync " << sync << ", image " << i;
    }
  }
}

TEST(LmdbPower, disposable_is_never_wrong) { cut("lmdb disposable", Durability::disposable); }

}  // namespace larder::test
