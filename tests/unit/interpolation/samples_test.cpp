// SPDX-License-Identifier: Apache-2.0
#include "larder/interpolation/samples.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "larder/core/random.h"
#include "support/expect_kind.h"
#include "support/settings.h"

namespace larder::test {
namespace {

using Point = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double between(Random& random, double low, double high) {
  return low + (high - low) * static_cast<double>(random.below(1U << 30U)) / (1U << 30U);
}

Point any_point(Random& random, std::size_t dimensions) {
  Point point(dimensions);
  for (double& number : point) number = between(random, 0.0, 1.0);
  return point;
}

double plane(const Point& point) {
  double value = 7.0;
  for (std::size_t i = 0; i < point.size(); ++i) {
    value += (static_cast<double>(i) - 1.5) * point[i];
  }
  return value;
}

TEST(Samples, know_what_was_added) {
  Samples samples({.tolerance = {1.0, 1.0}});
  EXPECT_TRUE(samples.add(Point{1.0, 2.0}, 3.0));
  EXPECT_EQ(samples.at(Point{1.0, 2.0}), 3.0);
  EXPECT_EQ(samples.at(Point{1.0, 2.5}), std::nullopt);
  const auto known = samples.estimate(Point{1.0, 2.0});
  ASSERT_TRUE(known);
  EXPECT_EQ(known->value, 3.0);
  EXPECT_EQ(known->error, 0.0);
  EXPECT_EQ(known->distance, 0.0);
}

TEST(Samples, last_value_of_a_point_counts) {
  Samples samples({.tolerance = {1.0}, .method = InterpolationMethod::nearest});
  EXPECT_TRUE(samples.add(Point{0.0}, 1.0));
  EXPECT_FALSE(samples.add(Point{-0.0}, 2.0));
  EXPECT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples.at(Point{0.0}), 2.0);
  EXPECT_EQ(samples.estimate(Point{0.5})->value, 2.0);
}

TEST(Samples, hold_nothing_at_first_and_after_clear) {
  Samples samples({.tolerance = {1.0}, .method = InterpolationMethod::nearest});
  EXPECT_EQ(samples.estimate(Point{0.0}), std::nullopt);
  samples.add(Point{0.0}, 1.0);
  const Samples same = samples;
  samples.clear();
  EXPECT_EQ(same.size(), 0U);
  EXPECT_EQ(samples.estimate(Point{0.0}), std::nullopt);
  EXPECT_TRUE(samples.add(Point{0.0}, 1.0));
}

TEST(Samples, neighbours_are_within_one_tolerance) {
  Samples samples({.tolerance = {1.0, 10.0}, .method = InterpolationMethod::nearest});
  samples.add(Point{0.0, 0.0}, 5.0);
  EXPECT_TRUE(samples.estimate(Point{0.99, 0.0}));
  EXPECT_FALSE(samples.estimate(Point{1.01, 0.0}));
  EXPECT_TRUE(samples.estimate(Point{0.0, 9.9}));
  EXPECT_FALSE(samples.estimate(Point{0.0, 10.1}));
  EXPECT_FALSE(samples.estimate(Point{0.8, 8.0}));  // within each, but not together
  const auto made = samples.estimate(Point{0.3, 4.0});
  EXPECT_DOUBLE_EQ(made->distance, 0.5);
  EXPECT_EQ(made->error, infinity);  // of one neighbour nothing is known
}

TEST(Samples, nearest_takes_the_closest) {
  Samples samples({.tolerance = {10.0}, .method = InterpolationMethod::nearest});
  for (const double x : {1.0, 2.0, 4.0}) samples.add(Point{x}, 10.0 * x);
  EXPECT_EQ(samples.estimate(Point{1.4})->value, 10.0);
  EXPECT_EQ(samples.estimate(Point{1.6})->value, 20.0);
  EXPECT_EQ(samples.estimate(Point{9.0})->value, 40.0);
}

TEST(Samples, inverse_distance_weighs_the_closer_more) {
  Samples samples(
      {.tolerance = {10.0}, .method = InterpolationMethod::inverse_distance, .power = 1.0});
  samples.add(Point{0.0}, 0.0);
  EXPECT_FALSE(samples.estimate(Point{1.0}));  // one is not enough
  samples.add(Point{4.0}, 8.0);
  // Distances 1 and 3: weights 3/4 and 1/4.
  EXPECT_DOUBLE_EQ(samples.estimate(Point{1.0})->value, 2.0);
}

TEST(Samples, linear_finds_any_plane) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Random random(seed);
    const std::size_t dimensions = 1 + random.below(5);
    Samples samples({.tolerance = Point(dimensions, 2.0)});
    for (int i = 0; i < 40; ++i) {
      const Point point = any_point(random, dimensions);
      samples.add(point, plane(point));
    }
    const Point wanted = any_point(random, dimensions);
    const auto made = samples.estimate(wanted);
    RC_ASSERT(made.has_value());
    RC_ASSERT(std::abs(made->value - plane(wanted)) < 1e-6);
  }));
}

TEST(Samples, linear_bears_neighbours_on_a_line) {
  Samples samples({.tolerance = {10.0, 10.0, 10.0}});
  for (int i = 0; i < 8; ++i) samples.add(Point{static_cast<double>(i), 0.0, 0.0}, 2.0 * i);
  // Beside the line nothing is known of what changes across it.
  EXPECT_NEAR(samples.estimate(Point{2.5, 1.0, 0.0})->value, 5.0, 1e-6);
}

TEST(Samples, estimate_is_of_all_methods_between_the_least_and_the_largest_or_near) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Random random(seed);
    for (const auto method :
         {InterpolationMethod::nearest, InterpolationMethod::inverse_distance}) {
      Samples samples({.tolerance = {1.0, 1.0}, .method = method});
      double low = infinity;
      double high = -infinity;
      for (int i = 0; i < 20; ++i) {
        const double value = between(random, -1e6, 1e6);
        samples.add(any_point(random, 2), value);
        low = std::min(low, value);
        high = std::max(high, value);
      }
      const auto made = samples.estimate(any_point(random, 2));
      RC_ASSERT(made.has_value());
      RC_ASSERT(made->value >= low - 1e-6 && made->value <= high + 1e-6);
    }
  }));
}

TEST(Samples, error_tells_rough_functions_from_smooth_ones) {
  Random random(seed());
  Samples smooth({.tolerance = {1.0, 1.0}});
  Samples rough({.tolerance = {1.0, 1.0}});
  for (int i = 0; i < 200; ++i) {
    const Point point = any_point(random, 2);
    smooth.add(point, plane(point));
    rough.add(point, std::sin(200.0 * point[0]));
  }
  const Point wanted{0.5, 0.5};
  EXPECT_LT(smooth.estimate(wanted)->error, 1e-6);
  EXPECT_GT(rough.estimate(wanted)->error, 0.05);
}

TEST(Samples, error_of_a_smooth_function_is_of_the_size_of_the_real_one) {
  Random random(seed());
  Samples samples({.tolerance = {0.5, 0.5}});
  const auto function = [](const Point& p) { return std::sin(3.0 * p[0]) * std::exp(p[1]); };
  for (int i = 0; i < 400; ++i) {
    const Point point = any_point(random, 2);
    samples.add(point, function(point));
  }
  int within = 0;
  constexpr int tries = 300;
  for (int i = 0; i < tries; ++i) {
    const Point wanted = any_point(random, 2);
    const Estimate made = samples.estimate(wanted).value();
    within += static_cast<int>(std::abs(made.value - function(wanted)) <= 2.0 * made.error);
  }
  EXPECT_GT(within, tries * 3 / 4);
}

TEST(Samples, values_with_too_large_an_error_are_not_used) {
  Samples samples({.tolerance = {1.0}, .max_error = 0.1});
  for (int i = 0; i < 10; ++i) samples.add(Point{i * 0.1}, i % 2 == 0 ? 0.0 : 1.0);
  EXPECT_EQ(samples.estimate(Point{0.45}), std::nullopt);
  EXPECT_TRUE(samples.estimate(Point{0.4}));
}

TEST(Samples, strategy_gets_the_neighbours_closest_first) {
  std::vector<double> distances;
  Samples samples({.tolerance = {2.0},
                   .strategy =
                       [&](std::span<const double> point, std::span<const Neighbour> neighbours) {
                         if (point[0] == 0.0) {
                           for (const Neighbour& one : neighbours)
                             distances.push_back(one.distance);
                         }
                         return 42.0;
                       },
                   .max_neighbours = 3});
  for (const double x : {-1.5, 0.5, 1.0, -2.0, 5.0}) samples.add(Point{x}, x);
  const auto made = samples.estimate(Point{0.0});
  EXPECT_EQ(made->value, 42.0);
  EXPECT_EQ(made->neighbours, 3U);
  EXPECT_EQ(distances, (std::vector{0.25, 0.5, 0.75}));
}

TEST(Samples, strategy_that_finds_no_number_is_no_estimate) {
  Samples samples({.tolerance = {2.0}, .strategy = [](auto, auto) { return nan; }});
  samples.add(Point{0.0}, 1.0);
  samples.add(Point{1.0}, 1.0);
  EXPECT_EQ(samples.estimate(Point{0.5}), std::nullopt);
}

// The tree must find what looking at every point finds.
TEST(Samples, neighbours_are_the_closest_of_all) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Random random(seed);
    const std::size_t dimensions = 1 + random.below(4);
    std::vector<Point> points;
    std::vector<double> seen;
    Samples samples(
        {.tolerance = Point(dimensions, 0.3),
         .strategy =
             [&](std::span<const double> /*point*/, std::span<const Neighbour> neighbours) {
               if (seen.empty()) {
                 for (const Neighbour& one : neighbours) seen.push_back(one.distance);
               }
               return 0.0;
             },
         .min_neighbours = 1,
         .max_neighbours = 6});
    const std::size_t count = random.below(200);
    for (std::size_t i = 0; i < count; ++i) {
      Point point = any_point(random, dimensions);
      if (random.below(3) == 0) point[0] = 0.5;  // many in one plane
      if (samples.add(point, 0.0)) points.push_back(point);
    }
    const Point wanted = any_point(random, dimensions);
    std::vector<double> expected;
    for (const Point& point : points) {
      double squares = 0.0;
      for (std::size_t i = 0; i < dimensions; ++i) {
        squares += std::pow((point[i] - wanted[i]) / 0.3, 2.0);
      }
      if (squares <= 1.0) expected.push_back(std::sqrt(squares));
    }
    std::ranges::sort(expected);
    if (expected.size() > 6) expected.resize(6);
    const auto made = samples.estimate(wanted);
    RC_ASSERT(made.has_value() == !expected.empty());
    RC_ASSERT(seen.size() == expected.size());
    for (std::size_t i = 0; i < seen.size(); ++i) RC_ASSERT(std::abs(seen[i] - expected[i]) < 1e-9);
  }));
}

TEST(Samples, bear_numbers_of_any_size) {
  constexpr double tiny = std::numeric_limits<double>::denorm_min();
  constexpr double huge = std::numeric_limits<double>::max();
  for (const auto method : {InterpolationMethod::nearest, InterpolationMethod::inverse_distance,
                            InterpolationMethod::linear}) {
    Samples samples({.tolerance = {1.0, 1.0}, .method = method, .min_neighbours = 1});
    for (const double x : {0.0, tiny, -tiny, 1e-200, huge, -huge, 1.0}) {
      for (const double y : {0.0, tiny, huge}) samples.add(Point{x, y}, x == huge ? huge : 1.0);
    }
    const auto made = samples.estimate(Point{2.0 * tiny, 0.0});
    ASSERT_TRUE(made);
    EXPECT_DOUBLE_EQ(made->value, 1.0);
    EXPECT_NO_THROW(static_cast<void>(samples.estimate(Point{huge, -huge})));
    EXPECT_NO_THROW(static_cast<void>(samples.estimate(Point{huge, tiny})));
  }
}

TEST(Samples, refuse_what_is_no_point) {
  Samples samples({.tolerance = {1e-300, 1.0}});
  for (const Point& point : {Point{}, Point{1.0}, Point{1.0, 2.0, 3.0}, Point{0.0, nan},
                             Point{infinity, 0.0}, Point{1e300, 0.0}}) {
    expect_kind(ErrorKind::invalid_argument, [&] { samples.add(point, 0.0); });
    expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(samples.estimate(point)); });
  }
  expect_kind(ErrorKind::invalid_argument, [&] { samples.add(Point{0.0, 0.0}, nan); });
  expect_kind(ErrorKind::invalid_argument, [&] { samples.add(Point{0.0, 0.0}, infinity); });
  EXPECT_EQ(samples.size(), 0U);
}

TEST(Samples, refuse_bad_options) {
  const std::vector<InterpolationOptions> bad = {
      {.tolerance = {}},
      {.tolerance = {0.0}},
      {.tolerance = {-1.0}},
      {.tolerance = {nan}},
      {.tolerance = {infinity}},
      {.tolerance = {1.0}, .min_neighbours = 3, .max_neighbours = 2},
      {.tolerance = {1.0}, .power = 0.0},
      {.tolerance = {1.0}, .power = nan},
      {.tolerance = {1.0}, .max_error = -1.0},
      {.tolerance = {1.0}, .max_error = nan},
  };
  for (const InterpolationOptions& options : bad) {
    expect_kind(ErrorKind::invalid_argument, [&] { const Samples samples(options); });
  }
}

// Neighbours that lie almost on a line say nothing about what is beside it.
TEST(Samples, estimate_follows_no_plane_that_small_differences_make) {
  Random random(1);
  for (int round = 0; round < 30; ++round) {
    Samples samples({.tolerance = {0.2, 0.2}});
    for (int i = 0; i < 500; ++i) {
      const Point point = any_point(random, 2);
      const double value = point[0] * point[0] + point[1] * point[1];
      const auto made = samples.estimate(point);
      if (!made) samples.add(point, value);
      ASSERT_LT(std::abs(made ? made->value - value : 0.0), 2.0);
    }
  }
}

TEST(Samples, are_used_by_many_threads) {
  Samples samples({.tolerance = {0.5, 0.5}});
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (std::uint64_t number = 0; number < 4; ++number) {
    threads.emplace_back([&samples, number] {
      Random random(number);
      for (int i = 0; i < 300; ++i) {
        const Point point = any_point(random, 2);
        samples.add(point, plane(point));
        const Point wanted = any_point(random, 2);
        const auto made = samples.estimate(wanted);
        if (made && made->neighbours > 5) {
          EXPECT_LT(std::abs(made->value - plane(wanted)), 1.0);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(samples.size(), 1200U);
}

}  // namespace
}  // namespace larder::test
