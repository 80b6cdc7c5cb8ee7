// SPDX-License-Identifier: Apache-2.0
#include "larder/core/literals.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

using namespace larder::literals;

TEST(Literals, count_in_powers_of_two) {
  EXPECT_EQ(64_KiB, 65'536U);
  EXPECT_EQ(64_MiB, 67'108'864U);
  EXPECT_EQ(2_GiB, 2'147'483'648U);
  EXPECT_EQ(8_GiB, 8'589'934'592U);
}

}  // namespace
}  // namespace larder
