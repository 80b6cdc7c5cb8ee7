// SPDX-License-Identifier: Apache-2.0

// What policies are made of: sketch, ghosts, ring of claims.

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <vector>

#include "cache/policy/claim_ring.h"
#include "cache/policy/frequency_sketch.h"
#include "cache/policy/ghosts.h"
#include "larder/core/random.h"

namespace larder::test {
namespace {

using detail::ClaimRing;
using detail::FrequencySketch;
using detail::Ghosts;
using detail::Shared;

std::uint64_t hash_of(std::uint64_t number) { return Random(number)(); }

struct Sketch {
  std::vector<FrequencySketch::Word> words = std::vector<FrequencySketch::Word>(1024);
  FrequencySketch::Age age{};
  FrequencySketch sketch{age, words};
};

TEST(FrequencySketch, counts_up_to_fifteen) {
  Sketch s;
  EXPECT_EQ(s.sketch.frequency(hash_of(1)), 0U);
  for (unsigned i = 1; i <= 20; ++i) {
    s.sketch.add(hash_of(1));
    EXPECT_EQ(s.sketch.frequency(hash_of(1)), std::min(i, 15U));
  }
}

TEST(FrequencySketch, never_counts_too_little_and_rarely_too_much) {
  Sketch s;
  Random random(1);
  std::map<std::uint64_t, unsigned> counted;
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t key = random.below(1000);
    s.sketch.add(hash_of(key));
    ++counted[key];
  }
  int too_much = 0;
  for (const auto& [key, times] : counted) {
    ASSERT_GE(s.sketch.frequency(hash_of(key)), std::min(times, 15U));
    if (s.sketch.frequency(hash_of(key)) > times) ++too_much;
  }
  EXPECT_LE(too_much, 20) << "of 1000";
}

TEST(FrequencySketch, halves_after_a_period) {
  Sketch s;
  s.sketch.set_period(100);
  for (int i = 0; i < 8; ++i) s.sketch.add(hash_of(1));
  s.sketch.age();
  EXPECT_EQ(s.sketch.frequency(hash_of(1)), 8U) << "too early";
  for (std::uint64_t i = 0; i < 92; ++i) s.sketch.add(hash_of(1000 + i));
  s.sketch.age();
  EXPECT_EQ(s.sketch.frequency(hash_of(1)), 4U);
  s.sketch.age();
  EXPECT_EQ(s.sketch.frequency(hash_of(1)), 4U) << "once for each period";
}

struct GhostHouse {
  std::vector<Ghosts::Cell> cells = std::vector<Ghosts::Cell>(4096);
  Ghosts::Clock clock{};
  Ghosts ghosts{clock, cells};
};

TEST(Ghosts, remembers_as_many_as_its_reach_and_each_once) {
  GhostHouse house;
  house.ghosts.set_reach(50);
  for (std::uint64_t i = 0; i < 100; ++i) house.ghosts.add(hash_of(i));

  for (std::uint64_t i = 0; i < 50; ++i) EXPECT_FALSE(house.ghosts.take(hash_of(i))) << i;
  for (std::uint64_t i = 50; i < 100; ++i) EXPECT_TRUE(house.ghosts.take(hash_of(i))) << i;
  EXPECT_FALSE(house.ghosts.take(hash_of(99))) << "taken";
  EXPECT_FALSE(house.ghosts.take(hash_of(1000))) << "never added";
}

TEST(Ghosts, full_bucket_forgets_its_oldest) {
  GhostHouse house;
  house.ghosts.set_reach(100);
  constexpr std::uint64_t next = std::uint64_t{1} << 32U;  // another fingerprint, the same bucket
  for (std::uint64_t i = 1; i <= 6; ++i) house.ghosts.add(i * next);

  for (std::uint64_t i = 1; i <= 2; ++i) EXPECT_FALSE(house.ghosts.take(i * next));
  for (std::uint64_t i = 3; i <= 6; ++i) EXPECT_TRUE(house.ghosts.take(i * next));
}

struct Ring {
  ClaimRing::Ends ends{};
  std::vector<Shared<std::uint32_t>> claims = std::vector<Shared<std::uint32_t>>(8);
  ClaimRing ring{ends, claims};
};

TEST(ClaimRing, is_a_queue) {
  Ring r;
  Random random(1);
  std::deque<std::uint64_t> expected;
  std::uint64_t next = std::uint64_t{1} << 40U;  // more than the 32 bits that are kept
  for (int i = 0; i < 1000; ++i) {
    if (expected.empty() || (expected.size() < 8 && random.below(2) == 0)) {
      expected.push_back(next);
      EXPECT_FALSE(r.ring.push(next));
      next += random.below(3);
    } else {
      ASSERT_EQ(r.ring.oldest(next + 1), expected.front());
      r.ring.drop_oldest();
      expected.pop_front();
    }
    ASSERT_EQ(r.ring.size(), expected.size());
  }
}

TEST(ClaimRing, full_ring_loses_its_oldest_and_says_so) {
  Ring r;
  for (std::uint64_t i = 1; i <= 8; ++i) EXPECT_FALSE(r.ring.push(i));
  EXPECT_EQ(r.ring.push(9), 1U);
  EXPECT_EQ(r.ring.size(), 8U);
  EXPECT_EQ(r.ring.oldest(10), 2U);
}

TEST(ClaimRing, nonsense_is_an_empty_ring) {
  Ring r;
  r.ends.in.set(3);
  r.ends.out.set(77);
  EXPECT_EQ(r.ring.size(), 0U);
  r.ring.push(5);
  EXPECT_EQ(r.ring.size(), 1U);
  EXPECT_EQ(r.ring.oldest(6), 5U);
}

}  // namespace
}  // namespace larder::test
