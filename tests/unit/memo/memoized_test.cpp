// SPDX-License-Identifier: Apache-2.0

// Handles on memoized functions: constant ones, arguments that are left out or named, calls that
// have no key.

#include "larder/memo/memoized.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "larder/core/error.h"
#include "larder/memo/memoize.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

struct Counter {
  int value = 2;
  int times(int factor) & { return value * factor; }
  [[nodiscard]] int plus(int term) const& { return value + term; }
  int minus(int term) && noexcept { return value - term; }
};

struct KeylessPoint {
  int x = 0;
  const void* plane = nullptr;
};

struct ReferenceCall {
  int operator()(int x) const& { return x + 1; }
};

int add(const std::string& text, int number) { return static_cast<int>(text.size()) + number; }

TEST(Memoized, constant_handles_are_called) {
  const auto f = memoize(MemoryOptions{}, add);
  EXPECT_EQ(f("ab", 1), 3);
  const auto caught = [f](int number) { return f("ab", number) + *f.share("ab", number); };
  EXPECT_EQ(caught(1), 6);
  EXPECT_EQ(f.refresh("ab", 1), 3);
  EXPECT_EQ(f.uncached("ab", 1), 3);
  EXPECT_TRUE(f.forget("ab", 1));
  f.clear();
  f.reset_stats();
  EXPECT_EQ(f.stats().misses, 0U);
}

TEST(Memoized, all_functions_take_defaults_and_names) {
  int calls = 0;
  const auto f = memoize(MemoryOptions{},
                         [&](const std::string& text, int number) {
                           ++calls;
                           return add(text, number);
                         },
                         {.keys = {.names = {"text", "number"}}, .defaults = {{}, 1}});
  EXPECT_EQ(f("ab"), 3);
  EXPECT_EQ(*f.lookup("ab"), 3);
  EXPECT_EQ(*f.lookup(arg("number", 1), arg("text", "ab")), 3);
  EXPECT_EQ(*f.share("ab"), 3);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(f.refresh(arg("text", "ab")), 3);
  EXPECT_EQ(f.uncached("ab", arg("number", 2)), 4);
  EXPECT_EQ(calls, 3);
  EXPECT_TRUE(f.forget("ab"));
  EXPECT_EQ(f.lookup("ab"), nullptr);
  expect_kind(ErrorKind::invalid_argument, [&] { f.forget(arg("number", 1)); });
}

TEST(Memoized, dump_and_load_take_defaults) {
  MemoryHooks hooks{.archive = archive_in(Cache::temporary())};
  const auto f = memoize(Memory{.hooks = hooks}, add,
                         {.name = "add", .keys = {.names = {"text"}}, .defaults = {{}, 1}});
  f("ab");
  EXPECT_TRUE(f.dump("ab"));
  EXPECT_FALSE(f.dump(arg("text", "a")));
  f.clear();
  EXPECT_TRUE(f.load("ab"));
  EXPECT_EQ(*f.lookup("ab", 1), 3);
}

TEST(Memoized, why_computed_takes_defaults) {
  const Cache cache = Cache::temporary();
  const auto old = memoize(cache, add, {.name = "add", .version = "1", .defaults = {{}, 1}});
  old("ab");
  const auto f = memoize(cache, add, {.name = "add", .version = "2", .defaults = {{}, 1}});
  ASSERT_TRUE(f.why_computed("ab").has_value());
  EXPECT_TRUE(f.why_computed("ab")->is_other_version);
}

TEST(Memoized, defaults_for_any_number_of_parameters) {
  EXPECT_EQ(memoize(MemoryOptions{}, [] { return 1; }, {.defaults = {}})(), 1);
  EXPECT_EQ(memoize(MemoryOptions{}, [](int x) { return x; }, {.defaults = {2}})(), 2);
  const auto first = memoize(MemoryOptions{}, add, {.defaults = {"ab", {}}});
  expect_kind(ErrorKind::invalid_argument, [&] { first(); });
  const auto both = memoize(MemoryOptions{}, add, {.defaults = {"ab", 2}});
  EXPECT_EQ(both(), 4);
}

TEST(Memoized, safe_handles_do_not_throw_for_want_of_a_key) {
  const auto f = safe_memoize(MemoryOptions{}, [](const KeylessPoint& point) { return point.x; });
  const KeylessPoint point{.x = 3, .plane = nullptr};
  EXPECT_EQ(f(point), 3);
  EXPECT_EQ(*f.share(point), 3);
  EXPECT_EQ(f.refresh(point), 3);
  EXPECT_EQ(f.stats().uncacheable, 3U);
  EXPECT_EQ(f.lookup(point), nullptr);
  EXPECT_FALSE(f.forget(point));
  EXPECT_FALSE(f.load(point));
  EXPECT_FALSE(f.dump(point));
  EXPECT_EQ(f.stats().uncacheable, 3U);
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(f.key(point)); });
}

TEST(Memoized, member_functions_with_reference_qualifiers) {
  Counter counter;
  EXPECT_EQ(safe_memoize(MemoryOptions{}, &Counter::times)(counter, 4), 8);
  EXPECT_EQ(safe_memoize(MemoryOptions{}, &Counter::plus)(counter, 4), 6);
  EXPECT_EQ(safe_memoize(MemoryOptions{}, &Counter::minus)(Counter(), 4), -2);
  EXPECT_EQ(memoize(MemoryOptions{}, ReferenceCall())(1), 2);
}

}  // namespace
}  // namespace larder::test
