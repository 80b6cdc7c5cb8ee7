// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <thread>

#include "larder/sync/lock.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/temp_dir.h"

namespace larder::test {

/// One engine of each kind for the tests of what threads and processes share.
class SyncSuite : public testing::TestWithParam<EngineUnderTest> {
 protected:
  SyncSuite() : dir_(memory_folder()), engine_(open()) {}

  [[nodiscard]] const EnginePtr& engine() const { return engine_; }
  /// Another handle on the same engine, if it is persistent; else another engine.
  [[nodiscard]] EnginePtr open(const EngineHooks& hooks = {}) const {
    return GetParam().open({.directory = dir_ / "engine", .hooks = hooks});
  }
  [[nodiscard]] bool is_shared_by_processes() const { return GetParam().is_persistent; }
  [[nodiscard]] const TempDir& dir() const { return dir_; }

  /// Closes the engine and opens it again.
  void reopen(const EngineHooks& hooks = {}) {
    engine_.reset();
    engine_ = open(hooks);
  }

  /// So long that only a failure waits to the end of it.
  static constexpr std::chrono::seconds long_time{60};

 private:
  TempDir dir_;
  EnginePtr engine_;
};

/// Whether another thread gets `lock` at once.
template <typename Lockable>
[[nodiscard]] bool others_get(Lockable lock) {
  bool got = false;
  std::thread([&] {
    got = lock.try_lock();
    if (got) lock.unlock();
  }).join();
  return got;
}

/// A process that has the lock "name" of `engine`, until it is killed.
[[nodiscard]] inline Child start_owner(const EnginePtr& engine) {
  ChannelPair line;
  Child owner([&]() -> int {
    Lock(engine, "name").lock();
    line.child.send("have it");
    for (;;) ::pause();
  });
  line.child.close();
  EXPECT_EQ(line.parent.receive(), "have it");
  return owner;
}

/// Waits until `count` threads wait for `waited`.
template <typename Waited>
void wait_for_waiters(const Waited& waited, std::size_t count) {
  while (waited.waiting() != count) std::this_thread::yield();
}

#define LARDER_SYNC_SUITE(Suite)                                                            \
  INSTANTIATE_TEST_SUITE_P(Engines, Suite, testing::Values(memory_engine(), lmdb_engine()), \
                           engine_name)

}  // namespace larder::test
