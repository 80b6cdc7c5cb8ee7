// SPDX-License-Identifier: Apache-2.0

// Functions that get their arguments rounded.

#include "larder/memo/rounded_call.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "larder/memo/memoize.h"

namespace larder::test {
namespace {

TEST(RoundedCall, function_gets_what_is_rounded) {
  const auto f = rounded([](double x, int n) { return x * n; }, {.decimals = 1});
  EXPECT_EQ(f(0.26, 2), 0.6);
  EXPECT_EQ(f(2.5, 1), 2.5);
  EXPECT_EQ(rounded([](float x) { return x; }, {.decimals = -1})(17.0F), 20.0F);
  EXPECT_EQ(rounded([](float x) { return x; }, {.decimals = 1})(0.26F), 0.3F);
}

TEST(RoundedCall, depth_is_that_of_keys) {
  using Numbers = std::vector<double>;
  const auto sum = [](const Numbers& numbers) { return numbers[0] + numbers[1]; };
  EXPECT_EQ(rounded(sum, {.decimals = 0})({0.25, 1.25}), 1.5);
  EXPECT_EQ(rounded(sum, {.decimals = 0, .depth = RoundingDepth::shallow})({0.25, 1.25}), 1.0);
  const auto first = [](const std::vector<Numbers>& rows) { return rows[0][0]; };
  EXPECT_EQ(rounded(first, {.depth = RoundingDepth::shallow})({{0.25}}), 0.25);
  EXPECT_EQ(rounded(first, {.depth = RoundingDepth::deep})({{0.25}}), 0.0);
}

struct Opaque {
  double value;
  std::unique_ptr<int> handle = nullptr;
};

TEST(RoundedCall, what_cannot_be_rounded_is_passed_on) {
  const auto f = rounded(
      [](double x, Opaque opaque, double& out) {
        out = x + opaque.value;
        return opaque.handle != nullptr;
      },
      {.decimals = 0});
  double out = 0.3;
  EXPECT_TRUE(f(1.2, Opaque{.value = 0.5, .handle = std::make_unique<int>(1)}, out));
  EXPECT_EQ(out, 1.5);
}

TEST(RoundedCall, is_memoized_like_any_function) {
  int calls = 0;
  auto f = memoize(MemoryOptions{}, rounded([&](double x) { return ++calls, x; }, {.decimals = 1}),
                   {.keys = {.rounding = Rounding{.decimals = 1}}});
  EXPECT_EQ(f(0.11), 0.1);
  EXPECT_EQ(f(0.12), 0.1);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(rounded<double(double)>([](auto x) { return 2 * x; }, {.decimals = 0})(1.4), 2.0);
}

// A place that outlives the program tells roundings, and what is called, apart.
TEST(RoundedCall, rounding_is_part_of_who_it_is) {
  Cache cache = Cache::temporary();
  const auto same = [](double x) { return x; };
  auto rough = memoize(cache, rounded(same, {.decimals = 0}), {.name = "f"});
  auto fine = memoize(cache, rounded(same, {.decimals = 2}), {.name = "f"});
  EXPECT_EQ(rough(1.234), 1.0);
  EXPECT_EQ(fine(1.234), 1.23);
  const auto other = [](double x) { return x + 1; };
  double (*first)(double) = same;
  double (*second)(double) = other;
  EXPECT_EQ(memoize(cache, rounded(first, {}), {.name = "g"})(1.0), 1.0);
  EXPECT_EQ(memoize(cache, rounded(second, {}), {.name = "g"})(1.0), 2.0);
  EXPECT_EQ(memoize(cache, memoize(MemoryOptions{}, first), {.name = "h"})(1.0), 1.0);
  EXPECT_EQ(memoize(cache, memoize(MemoryOptions{}, second), {.name = "h"})(1.0), 2.0);
}

}  // namespace
}  // namespace larder::test
