// SPDX-License-Identifier: Apache-2.0
#include "larder/core/random.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

namespace larder {
namespace {

static_assert(std::uniform_random_bit_generator<Random>);

TEST(Random, first_numbers_of_a_seed_never_change) {
  // From the published reference: seed 1234567.
  Random random(1234567);
  EXPECT_EQ(random(), 6457827717110365317U);
  EXPECT_EQ(random(), 3203168211198807973U);
  EXPECT_EQ(random(), 9817491932198370423U);
}

TEST(Random, same_seed_gives_same_numbers) {
  Random a(7);
  Random b(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a(), b());
}

TEST(Random, below_stays_below) {
  Random random(1);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(7), 7U);
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_EQ(random.below(0), 0U);
}

TEST(Random, below_reaches_every_number_about_equally) {
  Random random(2);
  std::array<int, 5> counts = {};
  for (int i = 0; i < 50'000; ++i) ++counts.at(random.below(5));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(RandomSeed, differs_each_time) {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 100; ++i) seeds.insert(random_seed());
  EXPECT_EQ(seeds.size(), 100U);
}

}  // namespace
}  // namespace larder
