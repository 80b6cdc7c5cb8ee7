// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "support/engine_under_test.h"
#include "support/temp_dir.h"

namespace larder::test {

/// Containers on every engine.
class OnEachEngine : public testing::TestWithParam<EngineUnderTest> {
 protected:
  [[nodiscard]] bool is_persistent() const { return GetParam().is_persistent; }

  EnginePtr open() { return GetParam().open({.directory = dir_ / "db"}); }

  /// Closes the engine and opens it again, if it keeps anything.
  void reopen() {
    if (!is_persistent()) return;
    engine_.reset();
    engine_ = open();
  }

  TempDir dir_{memory_folder()};
  EnginePtr engine_ = open();
};

}  // namespace larder::test
