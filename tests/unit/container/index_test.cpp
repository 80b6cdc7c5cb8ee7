// SPDX-License-Identifier: Apache-2.0
#include "larder/container/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "container_fixture.h"
#include "larder/cache/cache.h"
#include "larder/container/deque.h"
#include "larder/core/error.h"
#include "support/child.h"
#include "support/expect_kind.h"

namespace larder::test {
namespace {

using Ages = Index<std::string, int>;
using Pairs = std::vector<std::pair<std::string, int>>;

Pairs listed(IndexItems<std::string, int> items) {
  Pairs pairs;
  for (const auto& pair : items) pairs.push_back(pair);
  return pairs;
}

class IndexTest : public OnEachEngine {};

INSTANTIATE_TEST_SUITE_P(Engines, IndexTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);

TEST_P(IndexTest, keeps_values_by_key) {
  Ages ages(engine_, "ages");
  EXPECT_TRUE(ages.put("ann", 40));
  EXPECT_TRUE(ages.put("bob", 50));
  EXPECT_FALSE(ages.put("ann", 41));

  EXPECT_EQ(ages.size(), 2U);
  EXPECT_EQ(ages.get("ann"), 41);
  EXPECT_EQ(ages.at("bob"), 50);
  EXPECT_EQ(ages.get("eve"), std::nullopt);
  EXPECT_TRUE(ages.contains("ann"));
  EXPECT_FALSE(ages.contains("eve"));
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(ages.at("eve")); });

  EXPECT_TRUE(ages.erase("ann"));
  EXPECT_FALSE(ages.erase("ann"));
  EXPECT_EQ(ages.pop("bob"), 50);
  EXPECT_EQ(ages.pop("bob"), std::nullopt);
  EXPECT_TRUE(ages.empty());
}

TEST_P(IndexTest, the_first_value_stays_if_asked) {
  Ages ages(engine_, "ages");
  EXPECT_TRUE(ages.add("ann", 40));
  EXPECT_FALSE(ages.add("ann", 99));
  EXPECT_EQ(ages.set_default("ann", 99), 40);
  EXPECT_EQ(ages.set_default("bob", 50), 50);
  EXPECT_EQ(ages, (Pairs{{"ann", 40}, {"bob", 50}}));
}

TEST_P(IndexTest, replacing_keeps_the_place) {
  Ages ages(engine_, "ages");
  EXPECT_EQ(ages.update(Pairs{{"eve", 1}, {"ann", 2}, {"bob", 3}}), 3U);
  EXPECT_EQ(ages.update(std::map<std::string, int>{{"ann", 20}, {"dan", 4}}), 1U);

  EXPECT_EQ(ages.snapshot(), (Pairs{{"eve", 1}, {"ann", 20}, {"bob", 3}, {"dan", 4}}));
  EXPECT_EQ(ages.snapshot(KeyOrder::key), (Pairs{{"ann", 20}, {"bob", 3}, {"dan", 4}, {"eve", 1}}));
  ages.erase("eve");
  ages.put("eve", 5);
  EXPECT_EQ(ages.peek_last()->first, "eve") << "a new entry, at the end";
}

TEST_P(IndexTest, ends_are_looked_at_and_taken_in_both_orders) {
  Ages ages(engine_, "ages");
  EXPECT_EQ(ages.peek_first(), std::nullopt);
  EXPECT_EQ(ages.pop_last(), std::nullopt);
  ages.update(Pairs{{"eve", 1}, {"ann", 2}, {"bob", 3}, {"dan", 4}});

  EXPECT_EQ(ages.peek_first()->first, "eve");
  EXPECT_EQ(ages.peek_last()->first, "dan");
  EXPECT_EQ(ages.peek_first(KeyOrder::key)->first, "ann");
  EXPECT_EQ(ages.peek_last(KeyOrder::key)->first, "eve");
  EXPECT_EQ(ages.pop_first(), (std::pair<std::string, int>("eve", 1)));
  EXPECT_EQ(ages.pop_first(KeyOrder::key)->first, "ann");
  EXPECT_EQ(ages.pop_last()->first, "dan");
  EXPECT_EQ(ages.pop_last(KeyOrder::key)->first, "bob");
  EXPECT_TRUE(ages.empty());
}

TEST_P(IndexTest, walks_go_both_ways_in_both_orders) {
  Index<int, int> squares(engine_, "squares");
  std::vector<std::pair<int, int>> pairs;
  pairs.reserve(700);
  for (int i = 0; i < 700; ++i) pairs.emplace_back((i * 37) % 700 - 350, i);
  squares.update(pairs);

  EXPECT_TRUE(std::ranges::equal(squares, pairs));
  std::ranges::reverse(pairs);
  EXPECT_TRUE(std::ranges::equal(squares.items(KeyOrder::insertion, Direction::backward), pairs));
  std::ranges::sort(pairs);
  EXPECT_TRUE(std::ranges::equal(squares.items(KeyOrder::key), pairs));
  std::ranges::reverse(pairs);
  EXPECT_TRUE(std::ranges::equal(squares.items(KeyOrder::key, Direction::backward), pairs));
}

TEST_P(IndexTest, ranges_of_keys_are_found) {
  Ages ages(engine_, "ages");
  ages.update(Pairs{{"eve", 1}, {"ann", 2}, {"anna", 3}, {"bob", 4}, {"", 5}});

  EXPECT_EQ(listed(ages.range("ann", "bob")), (Pairs{{"ann", 2}, {"anna", 3}}));
  EXPECT_EQ(listed(ages.range("ann", "bob", Direction::backward)),
            (Pairs{{"anna", 3}, {"ann", 2}}));
  EXPECT_EQ(listed(ages.range("b", "a")), Pairs{});
  EXPECT_EQ(listed(ages.range(KeyPrefix::text("an"))), (Pairs{{"ann", 2}, {"anna", 3}}));
  EXPECT_EQ(listed(ages.range(KeyPrefix::text(""))).size(), 5U);
  EXPECT_EQ(listed(ages.range(KeyPrefix::text("x"))), Pairs{});
}

TEST_P(IndexTest, tuples_are_found_by_their_first_elements) {
  using City = std::tuple<std::string, std::string>;
  Index<City, int> people(engine_, "people");
  people.put({"no", "oslo"}, 1);
  people.put({"se", "lund"}, 2);
  people.put({"no", "bergen"}, 3);

  std::vector<std::string> cities;
  for (const auto& [city, count] : people.range(KeyPrefix::tuple(Key(std::tuple("no"))))) {
    cities.push_back(std::get<1>(city));
  }
  EXPECT_EQ(cities, (std::vector<std::string>{"bergen", "oslo"}));
}

TEST_P(IndexTest, a_walk_does_not_see_what_is_added_meanwhile) {
  for (const KeyOrder order : {KeyOrder::insertion, KeyOrder::key}) {
    Index<int, int> index(engine_, order == KeyOrder::key ? "a" : "b");
    for (int i = 0; i < 300; ++i) index.put(i, i);
    int seen = 0;
    for (const auto& [key, value] : index.items(order)) {
      index.put(key + 1000, 0);
      index.erase(key + 290);
      ++seen;
    }
    // The first ones erased what was not read yet, at 290 to 299.
    EXPECT_EQ(seen, 290);
  }
}

TEST_P(IndexTest, is_a_queue_of_integers) {
  Index<std::int64_t, std::string> queue(engine_, "queue");
  EXPECT_EQ(queue.push_back("b"), 0);
  EXPECT_EQ(queue.push_back("c"), 1);
  EXPECT_EQ(queue.push_front("a"), -1);
  EXPECT_EQ(queue.pop_first(KeyOrder::key)->second, "a");
  EXPECT_EQ(queue.pop_last(KeyOrder::key)->second, "c");
  EXPECT_EQ(queue.pop_first(KeyOrder::key)->second, "b");

  queue.put(std::numeric_limits<std::int64_t>::max(), "last");
  expect_kind(ErrorKind::full, [&] { queue.push_back("more"); });
  EXPECT_EQ(queue.size(), 1U);
}

TEST_P(IndexTest, clear_removes_all_and_the_index_goes_on) {
  Ages ages(engine_, "ages");
  ages.update(Pairs{{"ann", 1}, {"bob", 2}});
  EXPECT_EQ(ages.clear(), 2U);
  EXPECT_EQ(ages.clear(), 0U);
  ages.put("eve", 3);
  EXPECT_EQ(ages, (Pairs{{"eve", 3}}));
}

TEST_P(IndexTest, is_there_again_after_reopening) {
  Ages(engine_, "ages").update(Pairs{{"eve", 1}, {"ann", 2}});
  reopen();
  EXPECT_EQ(Ages(engine_, "ages"), (Pairs{{"eve", 1}, {"ann", 2}}));
}

TEST_P(IndexTest, other_types_are_refused_by_name) {
  Ages(engine_, "ages").put("ann", 1);
  expect_kind(ErrorKind::invalid_argument, [&] { Index<std::string, double>(engine_, "ages"); });
  expect_kind(ErrorKind::invalid_argument, [&] { Index<std::int64_t, int>(engine_, "ages"); });
  EXPECT_EQ(Ages(engine_, "ages").size(), 1U);
}

TEST_P(IndexTest, may_have_the_entries_of_others_in_another_order) {
  Index<std::string, int> index(engine_, "name");
  for (const auto& [key, value] : {std::pair("b", 2), std::pair("a", 1)}) index.put(key, value);
  std::map<std::string, int> others = {{"a", 1}, {"b", 2}};
  EXPECT_FALSE(index == others);
  EXPECT_TRUE(index.equal_unordered(others));

  others["b"] = 3;
  EXPECT_FALSE(index.equal_unordered(others));
  others = {{"a", 1}};
  EXPECT_FALSE(index.equal_unordered(others));
  others = {{"a", 1}, {"b", 2}, {"c", 3}};
  EXPECT_FALSE(index.equal_unordered(others));
  EXPECT_FALSE(index.equal_unordered(std::vector<std::pair<std::string, int>>{{"a", 1}, {"a", 1}}));
}

TEST_P(IndexTest, lives_beside_a_deque_and_a_cache_of_its_name) {
  Ages ages(engine_, "cache");
  Deque<int> deque(engine_, "cache");
  Cache cache(engine_);
  ages.put("ann", 1);
  deque.push_back(2);
  cache.put("ann", 3);

  cache.clear();
  EXPECT_EQ(ages.at("ann"), 1);
  ages.clear();
  EXPECT_EQ(deque.at(0), 2);
  deque.clear();
  cache.put("ann", 4);
  EXPECT_EQ(cache.at<int>("ann"), 4);
  EXPECT_EQ(cache.verify().problems, std::vector<std::string>{});
}

TEST_P(IndexTest, changes_with_a_deque_together_or_not_at_all) {
  Deque<std::string> names(engine_, "names");
  Ages ages(engine_, "ages");
  names.push_back("ann");
  const auto move = [&](bool fails) {
    engine_->update([&](WriteTxn&) {
      ages.put(names.pop_front().value(), 1);
      if (fails) throw std::runtime_error("no");
    });
  };

  EXPECT_THROW(move(true), std::runtime_error);
  EXPECT_TRUE(ages.empty());
  EXPECT_EQ(names.size(), 1U);
  move(false);
  EXPECT_TRUE(ages.contains("ann"));
  EXPECT_TRUE(names.empty());
}

TEST_P(IndexTest, long_keys_are_keys) {
  Index<std::string, int> index(engine_, "long");
  const std::string start(2000, 'x');
  constexpr int keys = 400;  // more than a walk reads at once
  engine_->update([&](WriteTxn&) {
    for (int i = 0; i < keys; ++i) index.put(start + std::to_string(i), i);
  });
  for (int i = 0; i < keys; i += 50) EXPECT_EQ(index.get(start + std::to_string(i)), i);
  EXPECT_EQ(index.peek_last()->second, keys - 1);
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    std::vector<int> seen;
    for (const auto& [key, value] : index.items(KeyOrder::key, direction)) seen.push_back(value);
    std::ranges::sort(seen);
    EXPECT_EQ(seen.size(), std::size_t{keys}) << "the walk passed over some";
    EXPECT_EQ(std::ranges::unique(seen).begin(), seen.end());
  }
}

TEST(IndexProcesses, add_a_key_once) {
  const TempDir dir{memory_folder()};
  Index<int, int> index(open_lmdb({.path = dir / "db"}), "winners");
  std::vector<Child> children;
  children.reserve(3);
  constexpr int keys = 200;
  for (int number = 0; number < 3; ++number) {
    children.emplace_back([&, number] {
      const EnginePtr engine = open_lmdb({.path = dir / "db"});
      Index<int, int> mine(engine, "winners");
      Index<int, int> wins(engine, "wins");
      int won = 0;
      for (int key = 0; key < keys; ++key) won += mine.set_default(key, number) == number ? 1 : 0;
      wins.put(number, won);
      return 0;
    });
  }
  for (Child& child : children) EXPECT_TRUE(child.wait().is_good());

  EXPECT_EQ(index.size(), std::uint64_t{keys});
  std::map<int, int> counted;
  for (const auto& [key, winner] : index) ++counted[winner];
  for (const auto& [number, won] : Index<int, int>(index.engine(), "wins")) {
    EXPECT_EQ(counted[number], won);
  }
}

}  // namespace
}  // namespace larder::test
