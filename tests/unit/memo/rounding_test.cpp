// SPDX-License-Identifier: Apache-2.0

// Half to even, by the exact value, as deep as asked for.

#include "larder/memo/rounding.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

namespace larder::test {
namespace {

TEST(Rounding, rounds_halves_to_even) {
  EXPECT_EQ(round_half_even(0.5, 0), 0.0);
  EXPECT_EQ(round_half_even(1.5, 0), 2.0);
  EXPECT_EQ(round_half_even(2.5, 0), 2.0);
  EXPECT_EQ(round_half_even(3.5, 0), 4.0);
  EXPECT_EQ(round_half_even(-2.5, 0), -2.0);
  EXPECT_EQ(round_half_even(0.125, 2), 0.12);
  EXPECT_EQ(round_half_even(0.375, 2), 0.38);
  EXPECT_EQ(round_half_even(25.0, -1), 20.0);
  EXPECT_EQ(round_half_even(35.0, -1), 40.0);
  EXPECT_EQ(round_half_even(-1250.0, -2), -1200.0);
}

TEST(Rounding, looks_at_the_exact_value) {
  EXPECT_EQ(round_half_even(2.675, 2), 2.67);  // which is a little less than it says
  EXPECT_EQ(round_half_even(1.005, 2), 1.0);
  EXPECT_EQ(round_half_even(0.1, 17), 0.1);
  EXPECT_EQ(round_half_even(0.1, 2000), 0.1);
  EXPECT_EQ(round_half_even(1234.5678, 2), 1234.57);
  EXPECT_EQ(round_half_even(1234.5678, -2), 1200.0);
  EXPECT_EQ(round_half_even(1e300, -2), 1e300);
  EXPECT_EQ(round_half_even(1e300, -301), 0.0);
  EXPECT_EQ(round_half_even(1e300, -400), 0.0);
  EXPECT_EQ(round_half_even(1e300, 3), 1e300);
}

TEST(Rounding, extreme_numbers_of_digits_are_no_danger) {
  for (const int decimals : {std::numeric_limits<int>::min() + 1, -309, -308, 1074, 1075,
                             std::numeric_limits<int>::max()}) {
    for (const double value : {5e-324, -1.7976931348623157e308, 4503599627370495.5}) {
      const double result = round_half_even(value, decimals);
      EXPECT_TRUE(result == value || result == 0.0) << value << " " << decimals;
    }
  }
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(round_half_even(infinity, 2), infinity);
  EXPECT_EQ(round_half_even(-infinity, -2), -infinity);
  EXPECT_TRUE(std::isnan(round_half_even(std::nan(""), 0)));
}

TEST(Rounding, result_is_near_and_stays) {
  EXPECT_TRUE(rc::check([](std::int32_t thousandths) {
    const double value = thousandths / 1000.0;
    const double result = round_half_even(value, 1);
    RC_ASSERT(std::abs(result - value) <= 0.05 + 1e-9);
    RC_ASSERT(round_half_even(result, 1) == result);
  }));
}

TEST(Rounding, reaches_as_deep_as_it_should) {
  using Inner = std::vector<double>;
  const auto key = [](double a, double b, double c) {
    return Key(std::tuple(a, Inner{b}, std::tuple(1, std::tuple(c)), "1.26", 126));
  };
  const auto with = [&](RoundingDepth depth) {
    return rounded(key(1.26, 1.26, 1.26), {.decimals = 1, .depth = depth});
  };
  EXPECT_EQ(with(RoundingDepth::simple), key(1.3, 1.26, 1.26));
  EXPECT_EQ(with(RoundingDepth::shallow), key(1.3, 1.3, 1.26));
  EXPECT_EQ(with(RoundingDepth::deep), key(1.3, 1.3, 1.3));
}

TEST(Rounding, everything_but_real_numbers_stays) {
  const Key key(std::tuple(std::tuple(nullptr, true, INT64_MIN, -1, UINT64_MAX, "a\0b", ""),
                           std::tuple(to_bytes(as_bytes("a")), WallTime{Duration{-5}},
                                      std::vector<int>{}, std::string("\0", 1))));
  EXPECT_EQ(rounded(key, {.decimals = -3, .depth = RoundingDepth::deep}), key);
}

TEST(Rounding, key_that_is_no_tuple_is_the_only_argument) {
  EXPECT_EQ(rounded(Key(2.5), {}), Key(2.0));
}

}  // namespace
}  // namespace larder::test
