// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "conformance/model.h"
#include "support/settings.h"

namespace larder::test {

TEST(MemoryModel, random_histories_agree_with_a_map) {
  check_against_model(memory_engine(), static_cast<int>(rounds(200, 5000)));
}

}  // namespace larder::test
