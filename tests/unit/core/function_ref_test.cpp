// SPDX-License-Identifier: Apache-2.0
#include "larder/core/function_ref.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace larder {
namespace {

int call(FunctionRef<int(int)> function) { return function(20); }

TEST(FunctionRef, calls_a_lambda_with_captures) {
  int seen = 0;
  const int result = call([&](int x) {
    seen = x;
    return x + 1;
  });
  EXPECT_EQ(result, 21);
  EXPECT_EQ(seen, 20);
}

TEST(FunctionRef, sees_the_state_of_the_original) {
  auto counter = [count = 0](int) mutable { return ++count; };
  EXPECT_EQ(call(counter), 1);
  EXPECT_EQ(call(counter), 2);
  EXPECT_EQ(counter(0), 3);
}

TEST(FunctionRef, calls_a_const_function_object) {
  const std::function<int(int)> twice = [](int x) { return 2 * x; };
  EXPECT_EQ(call(twice), 40);
}

TEST(FunctionRef, passes_on_what_can_only_be_moved) {
  const auto take = [](std::unique_ptr<int> owned) { return *owned; };
  const FunctionRef<int(std::unique_ptr<int>)> function = take;
  EXPECT_EQ(function(std::make_unique<int>(5)), 5);
}

TEST(FunctionRef, lets_exceptions_through) {
  EXPECT_THROW(call([](int) -> int { throw std::string("no"); }), std::string);
}

}  // namespace
}  // namespace larder
