// SPDX-License-Identifier: Apache-2.0

// In memory, results of any type are kept: a codec is needed elsewhere only.

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string_view>
#include <vector>

#include "larder/core/error.h"
#include "larder/memo/memoize.h"
#include "support/closed.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

struct HoldsClosed {
  Closed closed;
};

constexpr std::string_view text = "text";

/// Memoizes `f` and calls it twice: the result is computed once.
template <typename F>
auto called_twice(F f) {
  auto memoized = memoize(MemoryOptions{}, std::move(f));
  static_cast<void>(memoized(1));
  auto result = memoized(1);
  EXPECT_EQ(memoized.stats().hits, 1U);
  EXPECT_NE(memoized.lookup(1), nullptr);
  return result;
}

TEST(ResultTypes, results_without_a_codec_are_kept_in_memory) {
  EXPECT_EQ(called_twice([](int x) { return Closed(x); }).value(), 1);
  EXPECT_EQ(called_twice([](int x) { return HoldsClosed{Closed(x)}; }).closed.value(), 1);
  EXPECT_EQ(called_twice([](int x) { return std::make_shared<Closed>(x); })->value(), 1);
  EXPECT_EQ(called_twice([](int x) { return std::vector<Closed>{Closed(x)}; })[0].value(), 1);
  EXPECT_EQ(*called_twice([](int x) { return text.data() + x; }), 'e');
  EXPECT_EQ(called_twice([](int x) { return text.substr(static_cast<std::size_t>(x)); }), "ext");
  EXPECT_EQ(called_twice([](int x) { return std::function<int()>([x] { return x; }); })(), 1);
}

TEST(ResultTypes, shared_futures_are_kept_in_memory) {
  const auto result = called_twice([](int x) {
    std::promise<int> promise;
    promise.set_value(x);
    return promise.get_future().share();
  });
  EXPECT_EQ(result.get(), 1);
}

TEST(ResultTypes, an_archive_needs_a_codec) {
  MemoryHooks hooks{.archive = archive_in(Cache::temporary())};
  expect_kind(ErrorKind::invalid_argument, [&] {
    static_cast<void>(memoize(Memory{.hooks = hooks},
                              [](int x) { return std::make_shared<Closed>(x); }, {.name = "f"}));
  });
}

}  // namespace
}  // namespace larder::test
