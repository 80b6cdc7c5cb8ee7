// SPDX-License-Identifier: Apache-2.0
#include "larder/memo/function_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "larder/memo/memoize.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

int twice(int x) { return 2 * x; }
int thrice(int x) { return 3 * x; }

class FunctionHistoryTest : public testing::Test {
 protected:
  Cache cache_ = Cache::temporary();
};

TEST_F(FunctionHistoryTest, state_is_remembered_once) {
  EXPECT_TRUE(function_history(cache_).empty());
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(memoize(cache_, twice, {.name = "f", .version = "1"}));
  }
  const std::vector<FunctionState> history = function_history(cache_, "f");
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].identity.name, "f");
  EXPECT_EQ(history[0].identity.version, "1");
  ASSERT_TRUE(history[0].code);
  EXPECT_EQ(history[0].code->fingerprint.digest.to_string(), history[0].identity.code);
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(FunctionHistoryTest, is_of_the_functions_with_that_name) {
  static_cast<void>(memoize(cache_, twice, {.name = "f"}));
  static_cast<void>(memoize(cache_, thrice, {.name = "g"}));
  EXPECT_EQ(function_history(cache_, "f").size(), 1U);
  EXPECT_EQ(function_history(cache_).size(), 2U);
  EXPECT_TRUE(function_history(cache_, "h").empty());
}

TEST_F(FunctionHistoryTest, code_that_the_caller_gives_is_not_explained) {
  static_cast<void>(memoize(cache_, twice, {.name = "f", .code = "of today"}));
  const std::vector<FunctionState> history = function_history(cache_, "f");
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].identity.code, "of today");
  EXPECT_FALSE(history[0].code);
}

TEST_F(FunctionHistoryTest, other_version_is_why_a_call_is_computed) {
  auto first = memoize(cache_, twice, {.name = "f", .version = "1"});
  EXPECT_EQ(first.why_computed(1), std::nullopt);
  first(1);
  auto second = memoize(cache_, twice, {.name = "f", .version = "2"});
  const auto why = second.why_computed(1);
  ASSERT_TRUE(why);
  EXPECT_TRUE(why->is_other_version);
  EXPECT_FALSE(why->has_other_types);
  EXPECT_FALSE(why->has_other_code);
  EXPECT_TRUE(why->code.empty());
  EXPECT_EQ(second.why_computed(2), std::nullopt);  // never was computed
}

TEST_F(FunctionHistoryTest, other_code_is_why_a_call_is_computed) {
  memoize(cache_, twice, {.name = "f"})(1);
  auto changed = memoize(cache_, thrice, {.name = "f"});
  const auto why = changed.why_computed(1);
  ASSERT_TRUE(why);
  EXPECT_FALSE(why->is_other_version);
  EXPECT_TRUE(why->has_other_code);
  EXPECT_FALSE(why->code.empty());
}

TEST_F(FunctionHistoryTest, other_types_are_why_a_call_is_computed) {
  memoize(cache_, [](int x) { return x; }, {.name = "f", .code = ""})(1);
  auto changed = memoize(cache_, [](int x) { return 1.0 * x; }, {.name = "f", .code = ""});
  const auto why = changed.why_computed(1);
  ASSERT_TRUE(why);
  EXPECT_TRUE(why->has_other_types);
  EXPECT_FALSE(why->has_other_code);
}

TEST_F(FunctionHistoryTest, last_state_that_kept_a_result_is_compared) {
  memoize(cache_, twice, {.name = "f", .version = "1", .code = "a"})(1);
  memoize(cache_, twice, {.name = "f", .version = "2", .code = "a"})(1);
  static_cast<void>(memoize(cache_, twice, {.name = "f", .version = "2", .code = "b"}));
  auto now = memoize(cache_, twice, {.name = "f", .version = "2", .code = "c"});
  const auto why = now.why_computed(1);
  ASSERT_TRUE(why);
  EXPECT_FALSE(why->is_other_version);
  EXPECT_TRUE(why->has_other_code);
}

TEST_F(FunctionHistoryTest, cache_that_is_read_only_has_no_new_states) {
  const TempDir dir;
  {
    Cache cache = Cache::open({.path = dir.path()});
    memoize(cache, twice, {.name = "f", .code = ""})(21);
  }
  const Cache cache = Cache::open({.path = dir.path(), .open_mode = OpenMode::read_only});
  auto f = memoize(cache, twice, {.name = "f", .version = "new", .code = ""});
  EXPECT_EQ(function_history(cache, "f").size(), 1U);
  auto same = memoize(cache, twice, {.name = "f", .code = ""});
  EXPECT_EQ(same(21), 42);
}

TEST_F(FunctionHistoryTest, works_in_shards) {
  const TempDir dir;
  const Cache cache = Cache::open({.path = dir.path(), .shards = 3});
  memoize(cache, twice, {.name = "f", .version = "1", .code = ""})(1);
  auto second = memoize(cache, twice, {.name = "f", .version = "2", .code = ""});
  EXPECT_EQ(function_history(cache, "f").size(), 2U);
  ASSERT_TRUE(second.why_computed(1));
}

__attribute__((noinline)) int helper(int x) { return 3 * x; }
__attribute__((noinline)) int other_helper(int x) { return 5 * x - 1; }
int uses_helper(int x) { return helper(x) + 1; }

bool has_closure() { return fingerprint_of(twice).mode == CodeMode::closure; }

TEST_F(FunctionHistoryTest, functions_that_it_depends_on_count) {
  int calls = 0;
  const auto f = [&](int x) { return ++calls, x; };
  memoize(cache_, f, {.name = "f", .depends_on = {helper}})(1);
  memoize(cache_, f, {.name = "f", .depends_on = {helper}})(1);
  EXPECT_EQ(calls, 1);
  auto changed = memoize(cache_, f, {.name = "f", .depends_on = {other_helper}});
  const auto why = changed.why_computed(1);
  ASSERT_TRUE(why);
  EXPECT_TRUE(why->has_other_code);
  EXPECT_EQ(why->code.empty(), !has_closure());
  changed(1);
  EXPECT_EQ(calls, 2);
}

TEST_F(FunctionHistoryTest, marks_reach_the_fingerprint) {
  if (!has_closure()) GTEST_SKIP() << fingerprint_of(twice).fallback_reason;
  memoize(cache_, uses_helper, {.name = "f"})(1);
  const std::string stable = explain_code_of(helper).followed.front().name;
  memoize(cache_, uses_helper,
          {.name = "f", .fingerprint = {.stable = {stable.substr(0, stable.find('('))}}})(1);
  memoize(cache_, uses_helper, {.name = "f", .fingerprint = {.tag = "2"}})(1);
  const auto history = function_history(cache_, "f");
  ASSERT_EQ(history.size(), 3U);
  EXPECT_GT(history[0].code->followed.size(), history[1].code->followed.size());
  EXPECT_EQ(history[0].code->followed.size(), history[2].code->followed.size());
}

}  // namespace
}  // namespace larder::test
