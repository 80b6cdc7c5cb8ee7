// SPDX-License-Identifier: Apache-2.0
// Keys that are easily taken for one another, each compared with each.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "larder/key/digest.h"
#include "larder/key/key.h"
#include "support/any_value.h"
#include "unit/key/near_keys.h"

namespace larder {
namespace {

using namespace std::string_literals;
using test::AnyValue;

TEST(NearKeys, are_all_different_and_none_begins_another) {
  const std::vector<Key> keys = test::near_keys();
  ASSERT_GE(keys.size(), 200U);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < keys.size(); ++j) {
      if (i == j) continue;
      EXPECT_NE(keys[i], keys[j]) << i << ' ' << j << ' ' << keys[i].to_string();
      EXPECT_FALSE(starts_with(keys[i].bytes(), keys[j].bytes()))
          << keys[i].to_string() << ' ' << keys[j].to_string();
      EXPECT_NE(keys[i].to_string(), keys[j].to_string());
      EXPECT_NE(digest(keys[i].bytes()), digest(keys[j].bytes()));
    }
  }
}

TEST(NearKeys, sort_like_their_values) {
  std::vector<Key> keys = test::near_keys();
  std::sort(keys.begin(), keys.end());
  for (std::size_t i = 1; i < keys.size(); ++i) {
    EXPECT_LT(keys[i - 1].as<AnyValue>(), keys[i].as<AnyValue>())
        << keys[i - 1].to_string() << " before " << keys[i].to_string();
  }
}

TEST(NearKeys, kinds_sort_in_the_documented_order) {
  const std::vector<Key> keys = {nullptr, true,    UINT64_MAX,      -1.0,
                                 "",      Bytes{}, WallTime::min(), std::make_tuple()};
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(keys[i].kind()), i);
  }
}

TEST(EqualKeys, are_made_by_equal_values) {
  using Limits = std::numeric_limits<double>;
  const std::vector<std::vector<Key>> groups = {
      {1, 1L, 1U, std::int8_t{1}, std::uint64_t{1}, std::optional(1), std::optional(1U)},
      {-1, -1L, std::int8_t{-1}},
      {1.0, 1.0F, std::optional(1.0)},
      {0.0, -0.0, 0.0F, -0.0F},
      {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::signaling_NaN(), std::nan("7"),
       std::nanf("")},
      {"1", "1"s, std::string_view("1"), std::filesystem::path("1")},
      {nullptr, std::nullopt, std::optional<int>{}, std::optional<std::string>{}},
      {std::make_tuple(1, 2), std::pair(1, 2), std::vector{1, 2}, std::array{1L, 2L}},
      {std::make_tuple(), std::vector<int>{}, std::array<std::string, 0>{}},
      {std::make_tuple(std::make_tuple(1)), std::vector<std::vector<int>>{{1}},
       std::make_tuple(std::array{1})},
      {WallTime{}, std::chrono::sys_seconds{}, std::chrono::sys_days{}},
  };
  for (const auto& group : groups) {
    for (const Key& key : group) EXPECT_EQ(key, group.front()) << key.to_string();
  }
}

}  // namespace
}  // namespace larder
