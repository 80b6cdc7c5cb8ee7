// SPDX-License-Identifier: Apache-2.0
#include "larder/container/deque.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "container_fixture.h"
#include "larder/core/error.h"
#include "support/child.h"
#include "support/expect_kind.h"

namespace larder::test {

using Texts = std::vector<std::string>;
using Numbers = std::vector<int>;

class DequeTest : public OnEachEngine {};

INSTANTIATE_TEST_SUITE_P(Engines, DequeTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);

TEST_P(DequeTest, is_pushed_and_popped_at_both_ends) {
  Deque<std::string> deque(engine_, "letters");
  deque.push_back("b");
  deque.push_back("c");
  deque.push_front("a");

  EXPECT_EQ(deque.size(), 3U);
  EXPECT_EQ(deque.peek_front(), "a");
  EXPECT_EQ(deque.peek_back(), "c");
  EXPECT_EQ(deque.pop_back(), "c");
  EXPECT_EQ(deque.pop_front(), "a");
  EXPECT_EQ(deque.pop_front(), "b");
  EXPECT_EQ(deque.pop_front(), std::nullopt);
  EXPECT_EQ(deque.pop_back(), std::nullopt);
  EXPECT_EQ(deque.peek_front(), std::nullopt);
  EXPECT_TRUE(deque.empty());
}

TEST_P(DequeTest, is_read_by_index_from_both_ends) {
  Deque<int> deque(engine_, "numbers");
  deque.extend(Numbers{10, 11, 12});

  EXPECT_EQ(deque.at(0), 10);
  EXPECT_EQ(deque.at_from_end(0), 12);
  EXPECT_EQ(deque.get(2), 12);
  EXPECT_EQ(deque.get_from_end(2), 10);
  EXPECT_EQ(deque.get(3), std::nullopt);
  EXPECT_EQ(deque.get_from_end(3), std::nullopt);
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(deque.at(3)); });
  expect_kind(ErrorKind::invalid_argument, [&] { static_cast<void>(deque.at_from_end(3)); });
}

TEST_P(DequeTest, items_are_set_inserted_and_erased) {
  Deque<std::string> deque(engine_, "letters");
  deque.extend(Texts{"a", "b", "d"});

  EXPECT_TRUE(deque.insert(2, "c"));
  EXPECT_TRUE(deque.insert(4, "e"));
  EXPECT_TRUE(deque.set(0, "A"));
  EXPECT_EQ(deque.snapshot(), (Texts{"A", "b", "c", "d", "e"}));
  EXPECT_TRUE(deque.erase(1));
  EXPECT_EQ(deque.snapshot(), (Texts{"A", "c", "d", "e"}));

  EXPECT_FALSE(deque.insert(5, "x"));
  EXPECT_FALSE(deque.set(4, "x"));
  EXPECT_FALSE(deque.erase(4));
  EXPECT_EQ(deque.snapshot(), (Texts{"A", "c", "d", "e"}));
}

TEST_P(DequeTest, is_searched_by_value) {
  Deque<std::string> deque(engine_, "letters");
  deque.extend(Texts{"a", "b", "a", "c"});

  EXPECT_EQ(deque.count("a"), 2U);
  EXPECT_EQ(deque.count("x"), 0U);
  EXPECT_TRUE(deque.erase_first("a"));
  EXPECT_FALSE(deque.erase_first("x"));
  EXPECT_EQ(deque.snapshot(), (Texts{"b", "a", "c"}));
}

TEST_P(DequeTest, extending_the_front_reverses) {
  Deque<int> deque(engine_, "numbers");
  deque.push_back(0);
  deque.extend_front(Numbers{1, 2, 3});
  EXPECT_EQ(deque.snapshot(), (Numbers{3, 2, 1, 0}));
}

TEST_P(DequeTest, rotates_either_way) {
  Deque<int> deque(engine_, "numbers");
  deque.rotate(5);  // nothing to do
  deque.extend(Numbers{0, 1, 2, 3, 4});

  deque.rotate();
  EXPECT_EQ(deque.snapshot(), (Numbers{4, 0, 1, 2, 3}));
  deque.rotate(-3);
  EXPECT_EQ(deque.snapshot(), (Numbers{2, 3, 4, 0, 1}));
  deque.rotate(12);
  EXPECT_EQ(deque.snapshot(), (Numbers{0, 1, 2, 3, 4}));
  deque.rotate(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(deque.snapshot(), (Numbers{3, 4, 0, 1, 2}));  // 2^63 is 3 modulo 5
}

TEST_P(DequeTest, turns_round) {
  Deque<int> deque(engine_, "numbers");
  deque.reverse();
  deque.extend(Numbers{0, 1, 2});
  deque.reverse();
  deque.push_back(-1);
  deque.push_front(3);
  EXPECT_EQ(deque.snapshot(), (Numbers{3, 2, 1, 0, -1}));
}

TEST_P(DequeTest, clear_removes_all_and_the_deque_goes_on) {
  Deque<int> deque(engine_, "numbers");
  deque.extend(Numbers{1, 2, 3});
  EXPECT_EQ(deque.clear(), 3U);
  EXPECT_EQ(deque.clear(), 0U);
  EXPECT_TRUE(deque.empty());
  deque.push_back(4);
  EXPECT_EQ(deque.snapshot(), Numbers{4});
}

TEST_P(DequeTest, a_limit_drops_from_the_other_end) {
  Deque<int> deque(engine_, "numbers", {.max_size = 3});
  deque.extend(Numbers{1, 2, 3, 4});
  EXPECT_EQ(deque.snapshot(), (Numbers{2, 3, 4}));
  deque.push_front(1);
  EXPECT_EQ(deque.snapshot(), (Numbers{1, 2, 3}));
  expect_kind(ErrorKind::full, [&] { deque.insert(1, 9); });
  EXPECT_EQ(deque.snapshot(), (Numbers{1, 2, 3}));
}

TEST_P(DequeTest, a_limit_is_kept_and_holds_for_everybody) {
  {
    const Deque<int> deque(engine_, "numbers", {.max_size = 2});
  }
  reopen();
  Deque<int> deque(engine_, "numbers");
  EXPECT_EQ(deque.max_size(), 2U);
  deque.extend(Numbers{1, 2, 3});
  EXPECT_EQ(deque.snapshot(), (Numbers{2, 3}));

  const Deque<int> stricter(engine_, "numbers", {.max_size = 1});
  EXPECT_EQ(deque.snapshot(), Numbers{3});
  deque.set_max_size(std::nullopt);
  EXPECT_EQ(deque.max_size(), std::nullopt);
  deque.extend(Numbers{4, 5});
  deque.set_max_size(2);
  EXPECT_EQ(deque.snapshot(), (Numbers{4, 5}));
}

TEST_P(DequeTest, a_limit_of_nothing_keeps_nothing) {
  Deque<int> deque(engine_, "numbers", {.max_size = 0});
  deque.push_back(1);
  deque.push_front(2);
  EXPECT_TRUE(deque.empty());
}

TEST_P(DequeTest, compares_as_sequences_do) {
  Deque<int> deque(engine_, "numbers");
  deque.extend(Numbers{1, 2, 3});
  Deque<int> other(engine_, "others");
  other.extend(Numbers{1, 2, 4});

  EXPECT_TRUE(deque == (Numbers{1, 2, 3}));
  EXPECT_TRUE((std::deque<int>{1, 2, 3}) == deque);
  EXPECT_TRUE(deque != other);
  EXPECT_TRUE(deque < other);
  EXPECT_TRUE(deque > (Numbers{1, 2}));
  EXPECT_TRUE(deque < (Numbers{1, 2, 3, 0}));
  EXPECT_TRUE(deque >= (Numbers{1, 2, 3}));
}

TEST_P(DequeTest, slices_are_of_one_moment) {
  Deque<int> deque(engine_, "numbers");
  deque.extend(Numbers{0, 1, 2, 3, 4});
  EXPECT_EQ(deque.snapshot(1, 3), (Numbers{1, 2, 3}));
  EXPECT_EQ(deque.snapshot(3, 100), (Numbers{3, 4}));
  EXPECT_EQ(deque.snapshot(5, 1), Numbers{});
}

TEST_P(DequeTest, is_a_range) {
  static_assert(std::ranges::input_range<Deque<int>>);
  Deque<int> deque(engine_, "numbers");
  Numbers numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  deque.extend(numbers);

  EXPECT_TRUE(std::ranges::equal(deque, numbers));
  EXPECT_EQ(*std::ranges::find(deque, 700), 700);
  EXPECT_EQ(std::ranges::count(deque, 3), 1);
  std::ranges::reverse(numbers);
  EXPECT_TRUE(std::ranges::equal(deque.items(Direction::backward), numbers));
}

TEST_P(DequeTest, slices_are_ranges) {
  Deque<int> deque(engine_, "numbers");
  Numbers numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  deque.extend(numbers);
  deque.insert(500, -1);
  numbers.insert(numbers.begin() + 500, -1);

  const auto expect_slice = [&](std::uint64_t index, std::uint64_t count) {
    SCOPED_TRACE(std::to_string(count) + " from " + std::to_string(index));
    Numbers expected = deque.snapshot(index, count);
    EXPECT_TRUE(std::ranges::equal(deque.items(index, count), expected));
    std::ranges::reverse(expected);
    EXPECT_TRUE(std::ranges::equal(deque.items(index, count, Direction::backward), expected));
  };
  for (const std::uint64_t index : {0U, 1U, 499U, 500U, 501U, 1000U, 1001U, 5000U}) {
    for (const std::uint64_t count : {0U, 1U, 2U, 300U, 5000U}) expect_slice(index, count);
  }
  EXPECT_TRUE(std::ranges::equal(deque.items(990), Numbers(numbers.begin() + 990, numbers.end())));
}

TEST_P(DequeTest, a_walk_keeps_its_order_while_the_deque_changes) {
  Deque<int> deque(engine_, "numbers");
  Numbers numbers(300);
  std::iota(numbers.begin(), numbers.end(), 0);
  deque.extend(numbers);

  Numbers seen;
  for (const int number : deque) {
    if (number == 0) {
      deque.push_back(1000);
      deque.erase(299);   // is passed over
      deque.set(298, 7);  // is seen as it is by then
      deque.reverse();
    }
    seen.push_back(number);
  }
  numbers.pop_back();
  numbers.back() = 7;
  EXPECT_EQ(seen, numbers);
}

TEST_P(DequeTest, is_there_again_after_reopening) {
  {
    Deque<std::string> deque(engine_, "letters");
    deque.extend(Texts{"a", "b", "c"});
    deque.rotate();
  }
  reopen();
  EXPECT_EQ(Deque<std::string>(engine_, "letters").snapshot(), (Texts{"c", "a", "b"}));
}

TEST_P(DequeTest, another_type_is_refused_by_name) {
  Deque<std::string>(engine_, "letters").push_back("a");
  try {
    const Deque<double> deque(engine_, "letters");
    FAIL() << "it opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_NE(std::string_view(error.what()).find("double"), std::string_view::npos);
    EXPECT_NE(std::string_view(error.what()).find("basic_string"), std::string_view::npos);
    EXPECT_NE(std::string_view(error.what()).find("letters"), std::string_view::npos);
  }
  EXPECT_EQ(Deque<std::string>(engine_, "letters").size(), 1U);
}

TEST_P(DequeTest, names_do_not_meet) {
  using namespace std::literals;
  const std::vector<std::string> names = {"a", "ab", "a\0"s, "a\0b"s, "a\xFF"s, "\xFF"s, "\0"s};
  for (const std::string& name : names) Deque<std::string>(engine_, name).push_back(name);
  for (const std::string& name : names) {
    Deque<std::string> deque(engine_, name);
    EXPECT_EQ(deque.snapshot(), Texts{name});
    EXPECT_EQ(deque.clear(), 1U);
  }
}

TEST_P(DequeTest, bad_names_are_refused) {
  expect_kind(ErrorKind::invalid_argument, [&] { Deque<int>(engine_, ""); });
  expect_kind(ErrorKind::invalid_argument, [&] { Deque<int>(engine_, std::string(101, 'x')); });
  Deque<int>(engine_, std::string(100, '\0')).push_back(1);
}

TEST_P(DequeTest, several_change_together_or_not_at_all) {
  Deque<int> from(engine_, "from");
  Deque<int> to(engine_, "to");
  from.extend(Numbers{1, 2});

  engine_->update([&](WriteTxn&) {
    to.push_back(from.pop_front().value());
    EXPECT_EQ(to.size(), 1U);
  });
  EXPECT_THROW(engine_->update([&](WriteTxn&) {
    to.push_back(from.pop_front().value());
    throw std::runtime_error("no");
  }),
               std::runtime_error);

  EXPECT_EQ(from.snapshot(), Numbers{2});
  EXPECT_EQ(to.snapshot(), Numbers{1});
}

TEST(DequeProcesses, push_into_one_deque) {
  const TempDir dir;
  Deque<int> deque(open_lmdb({.path = dir / "db"}), "numbers");
  constexpr int each = 200;
  std::vector<Child> children;
  children.reserve(2);
  for (int number = 0; number < 2; ++number) {
    children.emplace_back([&, number] {
      Deque<int> mine(open_lmdb({.path = dir / "db"}), "numbers");
      for (int i = 0; i < each; ++i) mine.push_back(2 * i + number);
      return 0;
    });
  }
  for (Child& child : children) EXPECT_TRUE(child.wait().is_good());

  Numbers items = deque.snapshot();
  for (int number = 0; number < 2; ++number) {
    Numbers of_one;
    std::ranges::copy_if(items, std::back_inserter(of_one),
                         [&](int item) { return item % 2 == number; });
    EXPECT_TRUE(std::ranges::is_sorted(of_one)) << "what one process pushed is in order";
  }
  EXPECT_EQ(items.size(), 2U * each);
  std::ranges::sort(items);
  Numbers all(items.size());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(items, all);
}

TEST(DequeReadOnly, an_engine_that_cannot_be_changed_is_read) {
  const TempDir dir;
  {
    Deque<int> deque(open_lmdb({.path = dir / "db"}), "numbers");
    deque.push_back(1);
  }
  const EnginePtr engine = open_lmdb({.path = dir / "db", .open_mode = OpenMode::read_only});
  Deque<int> deque(engine, "numbers");
  EXPECT_EQ(deque.snapshot(), Numbers{1});
  EXPECT_TRUE(Deque<int>(engine, "no such").empty());
  expect_kind(ErrorKind::denied, [&] { deque.push_back(2); });
}

}  // namespace larder::test
