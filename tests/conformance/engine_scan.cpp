// SPDX-License-Identifier: Apache-2.0
// Ranges: scans visit what they should in order, erase_range removes just that.
#include <algorithm>

#include "conformance/engine_suite.h"

namespace larder::test {

namespace {

void put_letters(Engine& engine, std::string_view letters) {
  for (const char letter : letters) put(engine, std::string(1, letter), "v");
}

std::string keys(const Entries& entries) {
  std::string all;
  for (const auto& [key, value] : entries) all += key;
  return all;
}

}  // namespace

TEST_P(EngineSuite, scan_visits_in_byte_order) {
  put_letters(engine(), "dbca");
  put(engine(), "bb", "v");
  put(engine(), "\xc3\xa9", "after ascii");

  const Entries found = entries(engine());

  EXPECT_EQ(keys(found), "abbbcd\xc3\xa9");
  EXPECT_EQ(found[1].first, "b");
}

TEST_P(EngineSuite, scan_backwards_visits_in_reverse) {
  put_letters(engine(), "dbca");

  EXPECT_EQ(keys(entries(engine(), {}, Direction::backward)), "dcba");
}

TEST_P(EngineSuite, scan_begins_at_begin_and_ends_before_end) {
  put_letters(engine(), "abcdef");

  EXPECT_EQ(keys(entries(engine(), between("b", "e"))), "bcd");
  EXPECT_EQ(keys(entries(engine(), between("b", "e"), Direction::backward)), "dcb");
}

TEST_P(EngineSuite, bounds_need_not_be_keys) {
  put_letters(engine(), "bdf");

  EXPECT_EQ(keys(entries(engine(), between("a", "e"))), "bd");
  EXPECT_EQ(keys(entries(engine(), between("c", "g"), Direction::backward)), "fd");
  EXPECT_EQ(keys(entries(engine(), between("g", "z"))), "");
  EXPECT_EQ(keys(entries(engine(), between("0", "1"), Direction::backward)), "");
}

TEST_P(EngineSuite, unbounded_sides_reach_the_ends) {
  put_letters(engine(), "abcd");
  const KeyRange from_c{.begin = to_bytes(as_bytes("c"))};
  const KeyRange to_c{.end = to_bytes(as_bytes("c"))};

  EXPECT_EQ(keys(entries(engine(), from_c)), "cd");
  EXPECT_EQ(keys(entries(engine(), from_c, Direction::backward)), "dc");
  EXPECT_EQ(keys(entries(engine(), to_c)), "ab");
  EXPECT_EQ(keys(entries(engine(), to_c, Direction::backward)), "ba");
}

TEST_P(EngineSuite, empty_and_inverted_ranges_hold_nothing) {
  put_letters(engine(), "abcd");

  for (const Direction direction : {Direction::forward, Direction::backward}) {
    EXPECT_EQ(keys(entries(engine(), between("b", "b"), direction)), "");
    EXPECT_EQ(keys(entries(engine(), between("c", "a"), direction)), "");
  }
  engine().update([&](WriteTxn& txn) {
    EXPECT_EQ(txn.erase_range(between("b", "b")), 0U);
    EXPECT_EQ(txn.erase_range(between("c", "a")), 0U);
  });
  EXPECT_EQ(keys(entries(engine())), "abcd");
}

TEST_P(EngineSuite, prefix_range_holds_what_starts_with_it) {
  for (const char* key : {"a", "ab", "ab\x01", "ab\xff", "ab\xff\xff", "ac", "b"}) {
    put(engine(), key, "v");
  }

  EXPECT_EQ(entries(engine(), KeyRange::prefix(as_bytes("ab"))).size(), 4U);
  EXPECT_EQ(entries(engine(), KeyRange::prefix(as_bytes("ab\xff"))).size(), 2U);
  EXPECT_EQ(entries(engine(), KeyRange::prefix(as_bytes(""))).size(), 7U);
  EXPECT_EQ(keys(entries(engine(), KeyRange::prefix(as_bytes("b")), Direction::backward)), "b");
}

TEST_P(EngineSuite, prefix_of_highest_bytes_has_no_end) {
  put(engine(), "\xff\xff", "1");
  put(engine(), "\xff\xff\xff", "2");
  put(engine(), "\xff\xfe", "0");

  EXPECT_EQ(entries(engine(), KeyRange::prefix(as_bytes("\xff\xff"))).size(), 2U);
  EXPECT_EQ(entries(engine(), KeyRange::prefix(as_bytes("\xff"))).size(), 3U);
}

TEST_P(EngineSuite, visitor_can_stop) {
  put_letters(engine(), "abcdef");
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    std::string seen;
    engine().view([&](ReadTxn& txn) {
      txn.scan({}, direction, [&](BytesView key, BytesView) {
        seen += as_text(key);
        return seen.size() == 2 ? Visit::stop : Visit::more;
      });
    });
    EXPECT_EQ(seen, direction == Direction::forward ? "ab" : "fe");
  }
}

TEST_P(EngineSuite, exception_of_a_visitor_passes_through) {
  put_letters(engine(), "abc");
  const auto scan = [&] {
    engine().view([](ReadTxn& txn) {
      txn.scan({}, Direction::forward,
               [](BytesView, BytesView) -> Visit { throw std::out_of_range("enough"); });
    });
  };

  EXPECT_THROW(scan(), std::out_of_range);
  EXPECT_EQ(keys(entries(engine())), "abc");
}

TEST_P(EngineSuite, visitor_may_read_and_scan) {
  put_letters(engine(), "abc");
  std::string seen;
  engine().view([&](ReadTxn& txn) {
    txn.scan({}, Direction::forward, [&](BytesView key, BytesView) {
      seen += as_text(key);
      seen += keys(entries(txn, {.begin = to_bytes(key)}));
      EXPECT_EQ(get(txn, "c"), "v");
      return Visit::more;
    });
  });
  EXPECT_EQ(seen, "aabcbbccc");
}

TEST_P(EngineSuite, scan_hands_out_values) {
  put(engine(), "a", "one");
  put(engine(), "b", "");
  put(engine(), "c", std::string(100000, 'x'));

  EXPECT_EQ(entries(engine()), (Entries{{"a", "one"}, {"b", ""}, {"c", std::string(100000, 'x')}}));
}

TEST_P(EngineSuite, scan_in_an_update_sees_its_changes) {
  put_letters(engine(), "abcd");
  engine().update([&](WriteTxn& txn) {
    txn.erase(as_bytes("b"));
    txn.put(as_bytes("c"), as_bytes("new"));
    txn.put(as_bytes("bb"), as_bytes("v"));
    EXPECT_EQ(entries(txn), (Entries{{"a", "v"}, {"bb", "v"}, {"c", "new"}, {"d", "v"}}));
    EXPECT_EQ(keys(entries(txn, {}, Direction::backward)), "dcbba");
    EXPECT_EQ(keys(entries(txn, between("b", "d"), Direction::backward)), "cbb");
  });
}

TEST_P(EngineSuite, erase_range_removes_exactly_the_range) {
  put_letters(engine(), "abcdef");

  const auto count =
      engine().update([](WriteTxn& txn) { return txn.erase_range(between("b", "e")); });

  EXPECT_EQ(count, 3U);
  EXPECT_EQ(keys(entries(engine())), "aef");
}

TEST_P(EngineSuite, erase_range_without_bounds_empties) {
  for (int i = 0; i < 5000; ++i) put(engine(), "key" + std::to_string(i), "value");

  const auto count = engine().update([](WriteTxn& txn) { return txn.erase_range({}); });

  EXPECT_EQ(count, 5000U);
  EXPECT_TRUE(entries(engine()).empty());
  EXPECT_EQ(engine().info().entries, 0U);
}

TEST_P(EngineSuite, erase_range_counts_changes_of_the_same_update) {
  put_letters(engine(), "abc");
  engine().update([](WriteTxn& txn) {
    txn.put(as_bytes("bb"), as_bytes("v"));
    txn.erase(as_bytes("b"));
    EXPECT_EQ(txn.erase_range(between("b", "z")), 2U);
    txn.put(as_bytes("x"), as_bytes("v"));
    EXPECT_EQ(keys(entries(txn)), "ax");
  });
  EXPECT_EQ(keys(entries(engine())), "ax");
}

TEST_P(EngineSuite, long_keys_are_scanned_once_each) {
  const std::string common(480, 'k');
  std::vector<std::string> expected = {"a", common, "z"};
  for (int i = 0; i < 20; ++i) expected.push_back(common + std::to_string(i));
  for (int i = 0; i < 3; ++i) expected.push_back(std::string(600, 'm') + std::to_string(i));
  for (const std::string& key : expected) put(engine(), key, key.substr(0, 1));
  std::sort(expected.begin(), expected.end());

  for (const Direction direction : {Direction::forward, Direction::backward}) {
    std::vector<std::string> seen;
    for (const auto& [key, value] : entries(engine(), {}, direction)) {
      seen.push_back(key);
      EXPECT_EQ(value, key.substr(0, 1));
    }
    EXPECT_EQ(seen.front().size(), 1U);
    EXPECT_EQ(seen.back().size(), 1U);
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, expected);
  }
}

TEST_P(EngineSuite, bounds_cut_among_long_keys) {
  const std::string common(600, 'k');
  for (const char* tail : {"a", "b", "c", "d"}) put(engine(), common + tail, "v");
  put(engine(), "k", "v");
  put(engine(), "l", "v");

  const KeyRange middle = between(common + "b", common + "d");
  EXPECT_EQ(entries(engine(), middle).size(), 2U);
  EXPECT_EQ(entries(engine(), middle, Direction::backward).size(), 2U);
  EXPECT_EQ(entries(engine(), KeyRange::prefix(as_bytes(common))).size(), 4U);
  const auto erased = engine().update([&](WriteTxn& txn) { return txn.erase_range(middle); });

  EXPECT_EQ(erased, 2U);
  EXPECT_TRUE(get(engine(), common + "a"));
  EXPECT_FALSE(get(engine(), common + "b"));
  EXPECT_FALSE(get(engine(), common + "c"));
  EXPECT_TRUE(get(engine(), common + "d"));
  EXPECT_EQ(entries(engine()).size(), 4U);
}

}  // namespace larder::test
