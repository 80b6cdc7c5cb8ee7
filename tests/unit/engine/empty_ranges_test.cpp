// SPDX-License-Identifier: Apache-2.0
// What is known to be empty is not walked over again, and is forgotten once something is put there.

#include "engine/lmdb/empty_ranges.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "larder/core/random.h"
#include "support/child.h"
#include "support/engine_under_test.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::lmdb {
namespace {

using test::entries;

StoredRange range(std::string_view begin, std::optional<std::string_view> end) {
  return {as_bytes(begin), end ? std::optional(as_bytes(*end)) : std::nullopt};
}

std::string text(const StoredRange& range) {
  if (range.is_empty()) return "nothing";
  std::string text(as_text(range.begin));
  return text + '-' + (range.end ? std::string(as_text(*range.end)) : "");
}

class EmptyRangesTest : public testing::Test {
 protected:
  std::string narrowed(StoredRange wanted, Direction direction) {
    EmptyRanges(table_).narrow(wanted, direction);
    return text(wanted);
  }
  std::string forward(std::string_view begin, std::optional<std::string_view> end) {
    return narrowed(range(begin, end), Direction::forward);
  }
  std::string backward(std::string_view begin, std::optional<std::string_view> end) {
    return narrowed(range(begin, end), Direction::backward);
  }
  void publish(const StoredRange& noted) {
    EmptyRanges update(table_);
    update.note(noted);
    update.publish();
  }

  EmptyRangeTable table_ = {};
};

TEST_F(EmptyRangesTest, a_walk_begins_behind_what_is_empty) {
  publish(range("c", "f"));

  EXPECT_EQ(forward("c", "z"), "f-z");
  EXPECT_EQ(forward("d", std::nullopt), "f-");
  EXPECT_EQ(forward("c", "e"), "nothing");
  EXPECT_EQ(forward("b", "z"), "b-z");
  EXPECT_EQ(forward("f", "z"), "f-z");
  EXPECT_EQ(backward("a", "f"), "a-c");
  EXPECT_EQ(backward("a", "d"), "a-c");
  EXPECT_EQ(backward("d", "e"), "nothing");
  EXPECT_EQ(backward("a", "g"), "a-g");
  EXPECT_EQ(backward("a", "c"), "a-c");
  EXPECT_EQ(backward("a", std::nullopt), "a-");
}

TEST_F(EmptyRangesTest, a_range_may_have_no_end) {
  publish(range("m", std::nullopt));

  EXPECT_EQ(forward("n", "q"), "nothing");
  EXPECT_EQ(backward("a", std::nullopt), "a-m");
  EXPECT_EQ(backward("a", "q"), "a-m");
  EXPECT_EQ(backward("a", "m"), "a-m");
}

TEST_F(EmptyRangesTest, what_touches_is_one_range) {
  publish(range("c", "f"));
  publish(range("f", "h"));
  publish(range("a", "c"));

  EXPECT_EQ(table_.set.load(), 1U);
  EXPECT_EQ(forward("a", "z"), "h-z");
}

TEST_F(EmptyRangesTest, what_was_not_committed_is_known_to_nobody_else) {
  EmptyRanges update(table_);
  update.note(range("c", "f"));

  StoredRange own = range("c", "z");
  update.narrow(own, Direction::forward);
  EXPECT_EQ(text(own), "f-z");
  EXPECT_EQ(forward("c", "z"), "c-z");
}

TEST_F(EmptyRangesTest, a_value_ends_it_whether_committed_or_not) {
  publish(range("c", "f"));
  EmptyRanges(table_).fill(as_bytes("f"));
  EXPECT_EQ(forward("c", "z"), "f-z");

  EmptyRanges(table_).fill(as_bytes("d"));
  EXPECT_EQ(forward("c", "z"), "c-z");
}

TEST_F(EmptyRangesTest, keys_that_are_too_long_are_not_noted) {
  publish(range("c", std::string(empty_range_key_bytes + 1, 'd')));
  EXPECT_EQ(table_.set.load(), 0U);
}

TEST_F(EmptyRangesTest, there_may_be_more_than_find_room) {
  for (char c = 'a'; c < 'a' + 3 * static_cast<char>(empty_range_slots); c += 2) {
    const std::string begin(1, c);
    publish(range(begin, begin + "5"));
    EXPECT_EQ(forward(begin, "~"), begin + "5-~");
  }
}

// Small runs of keys, taken mostly from the ends, so that there is always much that is empty.
class TakingFromEnds : public testing::Test {
 protected:
  using Model = std::map<std::string, std::string>;
  struct Undo {};

  std::string key() { return std::string(1, static_cast<char>('a' + random_.below(3))) + two(); }
  std::string two() {
    const std::string number = std::to_string(100 + random_.below(90));
    return number.substr(1);
  }

  void take(WriteTxn& txn, Model& model, Direction direction) {
    const std::string group(1, static_cast<char>('a' + random_.below(3)));
    const KeyRange one = test::between(group, std::string(1, static_cast<char>(group[0] + 1)));
    const KeyRange wanted = random_.below(4) == 0 ? KeyRange{} : one;
    std::optional<std::string> found;
    txn.scan(wanted, direction, [&](BytesView at, BytesView) {
      found = std::string(as_text(at));
      return Visit::stop;
    });
    ASSERT_EQ(found, expected(model, wanted, direction));
    if (!found) return;
    txn.erase(as_bytes(*found));
    model.erase(*found);
  }

  static std::optional<std::string> expected(const Model& model, const KeyRange& wanted,
                                             Direction direction) {
    auto first = model.lower_bound(std::string(as_text(wanted.begin)));
    auto last = wanted.end ? model.lower_bound(std::string(as_text(*wanted.end))) : model.end();
    if (first == last) return std::nullopt;
    return direction == Direction::forward ? first->first : std::prev(last)->first;
  }

  void step(WriteTxn& txn, Model& model) {
    switch (random_.below(8)) {
      case 0:
        for (int i = 0; i < 30; ++i) {
          const std::string added = key();
          txn.put(as_bytes(added), as_bytes("v"));
          model[added] = "v";
        }
        break;
      case 1:
        ASSERT_EQ(entries(txn), test::Entries(model.begin(), model.end()));
        break;
      case 2: {
        const std::string erased = key();
        ASSERT_EQ(txn.erase(as_bytes(erased)), model.erase(erased) > 0);
        break;
      }
      case 3:
      case 4:
        return take(txn, model, Direction::backward);
      default:
        return take(txn, model, Direction::forward);
    }
  }

  void update(Engine& engine) {
    Model changed = model_;
    try {
      engine.update([&](WriteTxn& txn) {
        const std::uint64_t steps = 1 + random_.below(40);
        for (std::uint64_t i = 0; i < steps && !HasFatalFailure(); ++i) step(txn, changed);
        if (random_.below(5) == 0) throw Undo();
      });
      model_ = changed;
    } catch (const Undo&) {  // NOLINT(bugprone-empty-catch): what is expected now is as before
    }
  }

  test::TempDir dir_;
  Random random_{test::seed()};
  Model model_;
};

TEST_F(TakingFromEnds, agrees_with_a_map) {
  const EnginePtr engine = test::open_lmdb_with({.directory = dir_.path()});
  const std::uint64_t updates = test::rounds(1500, 100'000);
  for (std::uint64_t i = 0; i < updates && !HasFailure(); ++i) {
    update(*engine);
    if (i % 100 == 0) engine->sync();
    ASSERT_EQ(entries(*engine), test::Entries(model_.begin(), model_.end()));
  }
}

TEST_F(TakingFromEnds, sees_what_another_process_put_in_between) {
  const EnginePtr engine = test::open_lmdb_with({.directory = dir_.path()});
  const auto take_all = [&] {
    std::string taken;
    engine->update([&](WriteTxn& txn) {
      for (const auto& [key, value] : entries(txn)) {
        taken += key + ' ';
        txn.erase(as_bytes(key));
      }
    });
    return taken;
  };
  const auto look_and_take = [&] {
    take_all();  // sees nothing, and notes that
    return take_all();
  };
  for (int i = 100; i < 200; ++i) test::put(*engine, "k" + std::to_string(i), "v");
  EXPECT_EQ(take_all().size(), 500U);
  EXPECT_EQ(look_and_take(), "");

  const test::ChildEnd end = test::run_in_child([&] {
    test::put(*test::open_lmdb_with({.directory = dir_.path()}), "k150", "v");
    return 0;
  });
  EXPECT_TRUE(end.is_good()) << end;

  EXPECT_EQ(take_all(), "k150 ");
}

}  // namespace
}  // namespace larder::lmdb
