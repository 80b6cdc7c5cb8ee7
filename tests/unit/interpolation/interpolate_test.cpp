// SPDX-License-Identifier: Apache-2.0
#include "larder/interpolation/interpolate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/child.h"
#include "support/expect_kind.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A function that counts its calls.
struct Counted {
  std::atomic<int>* calls;
  double operator()(double x, double y) const {
    ++*calls;
    return 3.0 * x - y;
  }
};

class InterpolateTest : public testing::Test {
 protected:
  [[nodiscard]] Cache open() const { return Cache::open({.path = dir_.path() / "cache"}); }
  [[nodiscard]] Interpolated<Counted> counted(const Cache& cache) {
    return interpolate(cache, Counted{&calls_}, {.tolerance = {1.0, 1.0}}, {.code = ""});
  }
  /// Nine points around the origin.
  static void fill(Interpolated<Counted>& function) {
    for (const double x : {-0.5, 0.0, 0.5}) {
      for (const double y : {-0.5, 0.0, 0.5}) static_cast<void>(function.exact(x, y));
    }
  }

  TempDir dir_;
  std::atomic<int> calls_ = 0;
};

TEST_F(InterpolateTest, function_is_called_until_enough_is_known) {
  auto function = counted(open());
  EXPECT_EQ(function(0.0, 0.0), 0.0);
  EXPECT_EQ(function(0.5, 0.0), 1.5);
  EXPECT_EQ(function(0.0, 0.5), -0.5);
  EXPECT_EQ(calls_, 3);
  EXPECT_NEAR(function(0.25, 0.25), 0.5, 1e-9);
  EXPECT_EQ(calls_, 3);
  EXPECT_EQ(function(0.5, 0.0), 1.5);
  EXPECT_EQ(function(5.0, 5.0), 10.0);
  EXPECT_EQ(calls_, 4);
  const InterpolationStats stats = function.stats();
  EXPECT_EQ(stats.computed, 4U);
  EXPECT_EQ(stats.estimated, 1U);
  EXPECT_EQ(stats.known, 1U);
  EXPECT_EQ(stats.points, 4U);
}

TEST_F(InterpolateTest, estimates_are_not_kept_as_values) {
  auto function = counted(open());
  fill(function);
  EXPECT_NEAR(function(0.1, 0.2), 0.1, 1e-9);
  EXPECT_EQ(function.stats().points, 9U);
  EXPECT_EQ(open().size(), 9U);
  EXPECT_DOUBLE_EQ(function.exact(0.1, 0.2), 3.0 * 0.1 - 0.2);
  EXPECT_EQ(calls_, 10);
}

TEST_F(InterpolateTest, next_run_knows_the_points) {
  {
    auto function = counted(open());
    fill(function);
  }
  auto function = counted(open());
  EXPECT_EQ(function.stats().points, 9U);
  EXPECT_NEAR(function(0.2, 0.1), 0.5, 1e-9);
  EXPECT_EQ(calls_, 9);
}

TEST_F(InterpolateTest, points_of_another_process_are_found_when_one_is_missing) {
  auto function = counted(open());
  Child child([&] {
    auto same = counted(open());
    fill(same);
    return 0;
  });
  EXPECT_EQ(child.wait().exit_code, 0);
  EXPECT_EQ(function.stats().points, 0U);
  EXPECT_NEAR(function(0.2, 0.1), 0.5, 1e-9);
  EXPECT_EQ(calls_, 0);
}

TEST_F(InterpolateTest, estimate_never_calls) {
  auto function = counted(open());
  EXPECT_EQ(function.estimate(0.1, 0.1), std::nullopt);
  fill(function);
  const auto made = function.estimate(0.1, 0.1);
  ASSERT_TRUE(made);
  EXPECT_NEAR(made->value, 0.2, 1e-9);
  EXPECT_LT(made->error, 1e-9);
  EXPECT_EQ(function.estimate(nan, 0.1), std::nullopt);
  EXPECT_EQ(calls_, 9);
}

TEST_F(InterpolateTest, takes_points_as_vectors_and_spans) {
  const InterpolationOptions options{.tolerance = {1.0, 1.0}};
  auto of_vector = interpolate(
      open().sub("a"), [](const std::vector<double>& x) { return x[0] + x[1]; }, options);
  EXPECT_EQ(of_vector(std::vector{1.0, 2.0}), 3.0);
  auto of_span =
      interpolate(open().sub("b"), [](std::span<const double> x) { return x[0] + x[1]; }, options);
  EXPECT_EQ(of_span(std::vector{1.0, 2.0}), 3.0);
  EXPECT_EQ(of_span(std::array{1.0, 2.0}), 3.0);
  EXPECT_EQ(of_span.stats().known, 1U);
  auto of_int = interpolate(open().sub("c"), [](int x) { return 2 * x; }, {.tolerance = {1.0}});
  EXPECT_EQ(of_int(4), 8.0);
}

TEST_F(InterpolateTest, what_is_not_finite_is_computed_and_has_no_neighbours) {
  Cache cache = open();
  auto function = counted(cache);
  EXPECT_TRUE(std::isnan(function(nan, 0.0)));
  EXPECT_TRUE(std::isnan(function(nan, 0.0)));
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(cache.size(), 0U);
  int calls = 0;
  auto pole = interpolate(cache.sub("pole"), [&](double x) { return ++calls, 1.0 / x; },
                          {.tolerance = {1.0}, .method = InterpolationMethod::nearest});
  EXPECT_TRUE(std::isinf(pole(0.0)));
  EXPECT_TRUE(std::isinf(pole(0.0)));  // kept, all the same
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(pole(0.5), 2.0);
  EXPECT_EQ(calls, 2);
}

TEST_F(InterpolateTest, exception_leaves_nothing) {
  auto function = interpolate(open(),
                              [](double x) {
                                if (x < 0.0) throw std::domain_error("below zero");
                                return x;
                              },
                              {.tolerance = {1.0}, .method = InterpolationMethod::nearest});
  EXPECT_THROW(function(-1.0), std::domain_error);
  EXPECT_EQ(function.stats().points, 0U);
  EXPECT_EQ(function(0.5), 0.5);
  EXPECT_EQ(function(-0.25), 0.5);
}

TEST_F(InterpolateTest, other_entries_of_the_cache_are_no_points) {
  Cache cache = open();
  cache.put("text", "value");
  cache.put(std::vector{1.0, 2.0, 3.0}, 1.0);
  cache.put(std::vector{1.0, 2.0}, "text");
  cache.put(std::vector{1, 2}, 5.0);
  cache.put(std::vector{nan, 2.0}, 5.0);
  auto function = counted(cache);
  EXPECT_EQ(function.stats().points, 0U);
  EXPECT_EQ(function(1.0, 2.0), 1.0);
}

TEST_F(InterpolateTest, reload_forgets_what_the_cache_no_longer_has) {
  Cache cache = open();
  auto function = counted(cache);
  fill(function);
  cache.clear();
  EXPECT_TRUE(function.estimate(0.1, 0.1));
  function.reload();
  EXPECT_EQ(function.stats().points, 0U);
  EXPECT_FALSE(function.estimate(0.1, 0.1));
}

TEST_F(InterpolateTest, refuses_shards_and_wrong_dimensions) {
  auto function = counted(open());
  auto wrong = interpolate(open(), [](double x) { return x; }, {.tolerance = {1.0, 1.0}});
  expect_kind(ErrorKind::invalid_argument, [&] { wrong(1.0); });
  const Cache shards = Cache::open({.path = dir_.path() / "shards", .shards = 2});
  expect_kind(ErrorKind::not_supported, [&] { static_cast<void>(counted(shards)); });
}

TEST_F(InterpolateTest, many_threads_compute_a_point_once) {
  auto function = counted(open());
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, copy = function]() mutable {
      for (int x = 0; x < 20; ++x) EXPECT_NEAR(copy.exact(x * 10.0, 0.0), x * 30.0, 1e-6);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls_, 20);
  EXPECT_EQ(function.stats().points, 20U);
}

double doubled(double x) { return 2.0 * x; }
double tripled(double x) { return 3.0 * x; }

TEST_F(InterpolateTest, functions_in_one_cache_keep_apart) {
  Cache cache = open();
  const InterpolationOptions near{.tolerance = {1.0}};
  EXPECT_EQ(interpolate(cache, doubled, near)(1.0), 2.0);
  EXPECT_EQ(interpolate(cache, doubled, near).stats().points, 1U);
  EXPECT_EQ(interpolate(cache, tripled, near)(1.0), 3.0);
  EXPECT_EQ(interpolate(cache, doubled, near, {.name = "f"}).stats().points, 0U);
  EXPECT_EQ(interpolate(cache, doubled, near, {.version = "2"}).stats().points, 0U);
  EXPECT_EQ(interpolate(cache, doubled, near, {.code = "2"}).stats().points, 0U);
  EXPECT_EQ(interpolate(cache, doubled, near, {.depends_on = {tripled}}).stats().points, 0U);
  EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace larder::test
