// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "support/engine_under_test.h"
#include "support/temp_dir.h"

namespace larder::test {

/// What every engine must do. An engine is tested by one `INSTANTIATE_TEST_SUITE_P(Name,
/// EngineSuite, ...)` for each way to open it.
class EngineSuite : public testing::TestWithParam<EngineUnderTest> {
 protected:
  EngineSuite() : dir_(memory_folder()), engine_(open()) {}

  /// Another handle on the same engine, if it is persistent; else another engine.
  [[nodiscard]] EnginePtr open() const { return open(settings()); }
  [[nodiscard]] EnginePtr open(const EngineSettings& settings) const {
    return GetParam().open(settings);
  }

  /// What the engine of this test is opened with.
  [[nodiscard]] EngineSettings settings() const {
    EngineSettings settings = GetParam().defaults;
    settings.directory = dir_ / "engine";
    return settings;
  }

  /// Closes the engine and opens it again.
  void reopen() {
    engine_.reset();
    engine_ = open();
  }

  Engine& engine() { return *engine_; }
  EnginePtr& engine_ptr() { return engine_; }

 private:
  TempDir dir_;
  EnginePtr engine_;
};

/// The part of the suite for engines that live in a directory.
class PersistentEngineSuite : public EngineSuite {
 protected:
  void SetUp() override { ASSERT_TRUE(GetParam().is_persistent); }
};

}  // namespace larder::test
