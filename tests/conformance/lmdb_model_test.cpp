// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "conformance/model.h"
#include "support/settings.h"

namespace larder::test {

TEST(LmdbModel, random_histories_agree_with_a_map) {
  check_against_model({.name = "lmdb", .open = open_lmdb_with},
                      static_cast<int>(rounds(100, 3000)));
}

}  // namespace larder::test
