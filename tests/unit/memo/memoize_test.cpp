// SPDX-License-Identifier: Apache-2.0

// Every kind of callable, and every handle on what is kept, in memory.

#include "larder/memo/memoize.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "larder/core/error.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

int free_calls = 0;
int twice(int x) {
  ++free_calls;
  return 2 * x;
}

struct Shape {
  int side = 0;
  [[nodiscard]] int area(int factor) const { return side * side * factor; }
  int grow(int by) { return side += by; }
};

/// A class with a base is no key.
struct DerivedShape : Shape {};

struct Overloaded {
  int operator()(int x) const { return x + 1; }
  std::string operator()(const std::string& text) const { return text + "1"; }
};

TEST(Memoize, free_function_is_called_once_for_each_argument) {
  free_calls = 0;
  auto f = memoize(MemoryOptions{}, twice);

  EXPECT_EQ(f(1), 2);
  EXPECT_EQ(f(2), 4);
  EXPECT_EQ(f(1), 2);
  EXPECT_EQ(free_calls, 2);
  EXPECT_EQ(f.stats().hits, 1U);
  EXPECT_EQ(f.stats().misses, 2U);
  EXPECT_EQ(f.stats().entries, 2U);
  EXPECT_DOUBLE_EQ(f.stats().hit_rate(), 1.0 / 3);
}

TEST(Memoize, lambda_functor_and_std_function) {
  int calls = 0;
  auto lambda = memoize(MemoryOptions{}, [&](const std::string& text, int n) {
    ++calls;
    return text + std::to_string(n);
  });
  EXPECT_EQ(lambda("a", 1), "a1");
  EXPECT_EQ(lambda("a", 1), "a1");
  EXPECT_EQ(calls, 1);

  auto function =
      memoize(MemoryOptions{}, std::function<double(double)>([](double x) { return x / 2; }));
  EXPECT_EQ(function(1), 0.5);
  EXPECT_EQ(function.key(1), function.key(1.0));  // an int becomes what the parameter is

  auto stateful = memoize(MemoryOptions{}, [n = 0](int x) mutable { return x + ++n; });
  EXPECT_EQ(stateful(0), 1);
  EXPECT_EQ(stateful(0), 1);
  EXPECT_EQ(stateful(1), 3);
}

TEST(Memoize, overloaded_and_templated_callables_by_signature) {
  auto number = memoize<int(int)>(MemoryOptions{}, Overloaded());
  auto text = memoize<std::string(std::string)>(MemoryOptions{}, Overloaded());
  auto generic = memoize<long(int, long)>(MemoryOptions{}, [](auto a, auto b) { return a + b; });

  EXPECT_EQ(number(1), 2);
  EXPECT_EQ(text("1"), "11");
  EXPECT_EQ(generic(1, 2), 3);
}

TEST(Memoize, member_function) {
  const Shape shape{.side = 3};
  auto area = safe_memoize<int(const Shape*, int)>(
      MemoryOptions{}, &Shape::area,
      {.key = [](const Shape* s, int factor) { return Key(std::tuple(s->side, factor)); }});
  EXPECT_EQ(area(&shape, 2), 18);

  auto ignoring = safe_memoize(MemoryOptions{}, &Shape::area, {.keys = {.ignore = {0}}});
  EXPECT_EQ(ignoring(shape, 2), 18);
  EXPECT_EQ(ignoring(Shape{.side = 9}, 2), 18);
  EXPECT_EQ(ignoring.stats().uncacheable, 0U);
  EXPECT_EQ(ignoring.stats().hits, 1U);
}

TEST(Memoize, objects_of_plain_members_are_arguments) {
  auto area = memoize(MemoryOptions{}, &Shape::area);
  EXPECT_EQ(area(Shape{.side = 2}, 1), 4);
  EXPECT_EQ(area(Shape{.side = 3}, 1), 9);
  EXPECT_EQ(area(Shape{.side = 2}, 1), 4);
  EXPECT_EQ(area.stats().hits, 1U);
  EXPECT_EQ(area.stats().entries, 2U);
}

TEST(Memoize, safe_computes_and_counts_what_has_no_key) {
  auto area = safe_memoize(
      MemoryOptions{}, [](const DerivedShape& shape, int factor) { return shape.area(factor); });
  EXPECT_EQ(area(DerivedShape{{.side = 2}}, 1), 4);
  EXPECT_EQ(area(DerivedShape{{.side = 3}}, 1), 9);
  EXPECT_EQ(area.stats().uncacheable, 2U);
  EXPECT_EQ(area.stats().entries, 0U);

  auto length = safe_memoize(MemoryOptions{}, [](const char* text) {
    return text == nullptr ? -1 : static_cast<int>(std::string_view(text).size());
  });
  EXPECT_EQ(length(nullptr), -1);
  EXPECT_EQ(length("abc"), 3);
  EXPECT_EQ(length.stats().uncacheable, 1U);
  EXPECT_EQ(length.stats().entries, 1U);
}

TEST(Memoize, safe_does_not_swallow_what_the_function_throws) {
  auto f = safe_memoize(MemoryOptions{}, [](int) -> int {
    throw Error(ErrorKind::invalid_argument, "of the function");
  });
  expect_kind(ErrorKind::invalid_argument, [&] { f(1); });
  EXPECT_EQ(f.stats().uncacheable, 0U);
}

TEST(Memoize, move_only_arguments) {
  using Text = std::unique_ptr<std::string>;
  auto length = safe_memoize(
      MemoryOptions{}, [](Text text) { return Text(std::move(text))->size(); },
      {.key = [](const Text& text) { return Key(*text); }, .load = {.refresh_on = nullptr}});
  EXPECT_EQ(length(std::make_unique<std::string>("abc")), 3U);
  EXPECT_EQ(length(std::make_unique<std::string>("abc")), 3U);
  EXPECT_EQ(length.stats().hits, 1U);
}

TEST(Memoize, references_reach_the_function) {
  auto f = safe_memoize(MemoryOptions{},
                        [](std::vector<int>& log, int x) {
                          log.push_back(x);
                          return x;
                        },
                        {.keys = {.ignore = {0}}});
  std::vector<int> log;
  f(log, 1);
  f(log, 1);
  f(log, 2);
  EXPECT_EQ(log, (std::vector<int>{1, 2}));
}

TEST(Memoize, void_results_are_done_once) {
  int calls = 0;
  auto f = memoize(MemoryOptions{}, [&](int) { ++calls; });
  f(1);
  f(1);
  EXPECT_EQ(calls, 1);
  EXPECT_NE(f.lookup(1), nullptr);
  EXPECT_EQ(f.lookup(2), nullptr);
  f.refresh(1);
  f.uncached(1);
  EXPECT_EQ(calls, 3);
}

TEST(Memoize, results_that_are_not_to_be_kept_are_computed_again) {
  int calls = 0;
  auto find = memoize(MemoryOptions{},
                      [&](int id) {
                        ++calls;
                        return id == 7 ? std::optional<std::string>("Ada") : std::nullopt;
                      },
                      {.keep_if = [](const auto& result) { return result.has_value(); }});
  EXPECT_EQ(find(7), "Ada");
  EXPECT_EQ(find(7), "Ada");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(find(8), std::nullopt);
  EXPECT_EQ(find(8), std::nullopt);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(find.refresh(8), std::nullopt);
  EXPECT_EQ(find.lookup(8), nullptr);
}

TEST(Memoize, empty_optional_is_a_result_like_any_other) {
  int calls = 0;
  auto f = memoize(MemoryOptions{}, [&](int) { return ++calls, std::optional<int>(); });
  EXPECT_EQ(f(1), std::nullopt);
  EXPECT_EQ(f(1), std::nullopt);
  EXPECT_EQ(calls, 1);
}

TEST(Memoize, exceptions_are_not_kept) {
  int calls = 0;
  auto f = memoize(MemoryOptions{}, [&](int x) {
    if (++calls == 1) throw std::runtime_error("first");
    return x;
  });
  EXPECT_THROW(f(1), std::runtime_error);
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(calls, 2);
}

TEST(Memoize, recursion) {
  std::function<std::uint64_t(int)> fibonacci;
  auto f = memoize(MemoryOptions{}, [&](int n) -> std::uint64_t {
    return n < 2 ? static_cast<std::uint64_t>(n) : fibonacci(n - 1) + fibonacci(n - 2);
  });
  fibonacci = f;

  EXPECT_EQ(f(90), 2880067194370816120U);
  EXPECT_EQ(f.stats().misses, 91U);
}

TEST(Memoize, function_that_asks_for_its_own_result_is_told) {
  std::function<int(int)> again;
  auto f = memoize(MemoryOptions{}, [&](int n) { return again(n); });
  again = f;
  expect_kind(ErrorKind::invalid_argument, [&] { f(1); });
}

TEST(Memoize, decorating_twice) {
  free_calls = 0;
  auto f = memoize(MemoryOptions{}, memoize(MemoryOptions{.max_entries = 1}, twice));
  EXPECT_EQ(f(1), 2);
  EXPECT_EQ(f(2), 4);
  EXPECT_EQ(f(1), 2);
  EXPECT_EQ(free_calls, 2);
}

TEST(Memoize, handles) {
  free_calls = 0;
  auto f = memoize(MemoryOptions{}, twice);
  EXPECT_EQ(f.lookup(1), nullptr);
  EXPECT_EQ(f(1), 2);
  EXPECT_EQ(*f.lookup(1), 2);
  EXPECT_EQ(f.uncached(1), 2);
  EXPECT_EQ(free_calls, 2);
  EXPECT_EQ(f.refresh(1), 2);
  EXPECT_EQ(free_calls, 3);
  EXPECT_EQ(f.arguments(f.key(1)), std::tuple(1));
  EXPECT_TRUE(f.forget(1));
  EXPECT_FALSE(f.forget(1));
  EXPECT_EQ(f.lookup(1), nullptr);
  f(1);
  f(2);
  f.clear();
  EXPECT_EQ(f.lookup(1), nullptr);
  EXPECT_EQ(f.stats().entries, 0U);
  f.reset_stats();
  EXPECT_EQ(f.stats().misses, 0U);

  auto copy = f;
  copy(5);
  EXPECT_NE(f.lookup(5), nullptr);
}

TEST(Memoize, large_results_are_shared) {
  auto f = memoize(MemoryOptions{}, [](int n) { return std::vector<int>(1000, n); });
  const auto first = f.share(1);
  EXPECT_EQ(first, f.share(1));
  f.clear();
  EXPECT_EQ(first->size(), 1000U);

  auto move_only = memoize(MemoryOptions{}, [](int n) { return std::make_unique<int>(n); });
  EXPECT_EQ(**move_only.share(4), 4);
}

TEST(Memoize, defaults_names_and_positions_are_one_call) {
  std::vector<std::string> calls;
  auto f = memoize(MemoryOptions{},
                   [&](int a, const std::string& b, double c) {
                     calls.push_back(std::to_string(a) + b + std::to_string(c).substr(0, 3));
                     return static_cast<int>(calls.size());
                   },
                   {.keys = {.names = {"a", "b", "c"}}, .defaults = {{}, "x", 0.5}});
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(1, "x"), 1);
  EXPECT_EQ(f(1, "x", 0.5), 1);
  EXPECT_EQ(f(1, arg("c", 0.5)), 1);
  EXPECT_EQ(f(arg("b", "x"), arg("a", 1)), 1);
  EXPECT_EQ(f(arg("c", 0.5), arg("b", "x"), arg("a", 1)), 1);
  EXPECT_EQ(f.key(1), f.key(1, "x", 0.5));
  EXPECT_EQ(f(2, arg("c", 1)), 2);
  EXPECT_EQ(calls, (std::vector<std::string>{"1x0.5", "2x1.0"}));

  expect_kind(ErrorKind::invalid_argument, [&] { f(); });
  expect_kind(ErrorKind::invalid_argument, [&] { f(1, arg("a", 1)); });
  expect_kind(ErrorKind::invalid_argument, [&] { f(1, arg("d", 1)); });
  expect_kind(ErrorKind::invalid_argument, [&] { f(arg("a", "text")); });
}

TEST(Memoize, rounding_is_for_the_key_only) {
  std::vector<double> seen;
  auto f = memoize(MemoryOptions{},
                   [&](double x) {
                     seen.push_back(x);
                     return x;
                   },
                   {.keys = {.rounding = Rounding{.decimals = 1}}});
  EXPECT_EQ(f(1.23), 1.23);
  EXPECT_EQ(f(1.19), 1.23);
  EXPECT_EQ(seen, std::vector<double>{1.23});
}

}  // namespace
}  // namespace larder::test
