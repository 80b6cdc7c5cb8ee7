// SPDX-License-Identifier: Apache-2.0

// The tree that keeps the order of a deque agrees with a plain list of numbers, also when it has
// several levels.

#include "container/run_tree.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "container/deque_meta.h"
#include "larder/core/random.h"
#include "larder/engine/engine.h"

namespace larder::detail {
namespace {

using Numbers = std::vector<std::int64_t>;

Numbers numbers_of(const Runs& runs) {
  Numbers numbers;
  for (const Run& run : runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) numbers.push_back(run.id(i));
  }
  return numbers;
}

/// An item, or the place of one that was taken.
struct Spot {
  std::int64_t number = 0;
  bool is_taken = false;

  friend bool operator==(const Spot&, const Spot&) = default;
};

std::vector<Spot> spots_of(const Runs& runs) {
  std::vector<Spot> spots;
  for (const Run& run : runs) {
    if (run.is_taken()) spots.push_back({.number = run.first, .is_taken = true});
    for (const std::int64_t number : numbers_of({run})) spots.push_back({.number = number});
  }
  return spots;
}

/// A tree beside the list that it stands for.
struct Subject {
  EnginePtr engine = open_memory_engine();
  Subspace place{"deque", "tree"};
  RunRoot root;
  std::vector<Spot> model;

  void edit(FunctionRef<void(RunEditor&)> body) {
    engine->update([&](WriteTxn& txn) {
      RunEditor editor(txn, place, root);
      body(editor);
    });
  }

  [[nodiscard]] Numbers items() const {
    Numbers numbers;
    for (const Spot& spot : model) {
      if (!spot.is_taken) numbers.push_back(spot.number);
    }
    return numbers;
  }

  /// Where the item at `index` is, or where the list ends.
  [[nodiscard]] auto at(std::uint64_t index) {
    auto spot = model.begin();
    for (; spot != model.end(); ++spot) {
      if (!spot->is_taken && index-- == 0) break;
    }
    return spot;
  }

  void insert(std::uint64_t index, const Run& run, TakenPlaces side = TakenPlaces::before) {
    edit([&](RunEditor& editor) { editor.insert(index, run, side); });
    auto where = at(index);
    if (side == TakenPlaces::behind) where = index == 0 ? model.begin() : at(index - 1) + 1;
    const std::vector<Spot> added = spots_of({run});
    model.insert(where, added.begin(), added.end());
  }

  void cut(std::uint64_t index, std::uint64_t count) {
    edit([&](RunEditor& editor) { editor.cut(index, count); });
    for (std::uint64_t i = 0; i < count; ++i) model.erase(at(index));
  }

  void take(std::uint64_t index) {
    edit([&](RunEditor& editor) { editor.take(index); });
    at(index)->is_taken = true;
  }

  /// The place of the taken item that is `nth` of them.
  void end_taking(std::uint64_t nth, bool is_restored, Direction from) {
    std::vector<std::size_t> taken;
    for (std::size_t i = 0; i < model.size(); ++i) {
      if (model[i].is_taken) taken.push_back(i);
    }
    if (taken.empty()) return;
    const std::size_t where = taken[nth % taken.size()];
    const std::int64_t number = model[where].number;
    edit([&](RunEditor& editor) {
      ASSERT_TRUE(is_restored ? editor.restore(number, from) : editor.forget(number, from));
      ASSERT_FALSE(editor.restore(number, from));
    });
    if (is_restored) {
      model[where].is_taken = false;
    } else {
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(where));
    }
  }

  void check() {
    const Numbers present = items();
    ASSERT_EQ(root.size(), present.size());
    engine->view([&](ReadTxn& txn) {
      const RunTree tree(txn, place, root);
      ASSERT_EQ(numbers_of(tree.slice(0, root.size())), present);
      ASSERT_EQ(spots_of(tree.all()), model);
      for (std::uint64_t i = 0; i < present.size(); i += 1 + present.size() / 50) {
        ASSERT_EQ(tree.find(i), present[i]) << i;
      }
    });
  }

  std::uint64_t nodes() {
    std::uint64_t found = 0;
    engine->view([&](ReadTxn& txn) {
      txn.scan(place.range(DequeSpace::node), Direction::forward, [&](BytesView, BytesView) {
        ++found;
        return Visit::more;
      });
    });
    return found;
  }
};

TEST(RunTree, what_is_pushed_in_order_is_one_run) {
  Subject subject;
  for (std::int64_t i = 0; i < 1000; ++i) subject.insert(subject.root.size(), {i, 1, false});
  for (std::int64_t i = 1; i < 1000; ++i) subject.insert(0, {-i, 1, false});

  EXPECT_EQ(subject.root.entries.size(), 1U);
  EXPECT_EQ(subject.root.height, 0U);
  subject.check();
}

TEST(RunTree, numbers_that_go_down_are_one_run) {
  Subject subject;
  for (std::int64_t i = 0; i < 100; ++i) subject.insert(0, {i, 1, false});

  ASSERT_EQ(subject.root.entries.size(), 1U);
  EXPECT_TRUE(subject.root.entries.front().is_descending);
  subject.check();
}

TEST(RunTree, grows_and_shrinks_with_scattered_numbers) {
  Subject subject;
  Random random(7);
  for (std::int64_t i = 0; i < 6000; ++i) {
    subject.insert(random.below(subject.root.size() + 1), {3 * i, 1, false});
  }
  subject.check();
  EXPECT_GE(subject.root.height, 2U);
  // Half full on average at the least.
  EXPECT_LE(subject.nodes(), 6000 / (max_node_entries / 4));

  while (subject.root.size() > 10) subject.cut(random.below(subject.root.size()), 1);
  subject.check();
  EXPECT_EQ(subject.root.height, 0U);
  EXPECT_EQ(subject.nodes(), 0U) << "nodes that nothing leads to";
}

TEST(RunTree, long_cuts_leave_no_nodes_behind) {
  Subject subject;
  for (std::int64_t i = 0; i < 5000; ++i) subject.insert(subject.root.size(), {3 * i, 1, false});
  subject.cut(700, 3000);
  subject.check();
  subject.cut(1, subject.root.size() - 2);
  subject.check();
  EXPECT_EQ(subject.nodes(), 0U);
  subject.cut(0, 2);
  subject.check();
  EXPECT_TRUE(subject.root.entries.empty());
}

TEST(RunTree, places_of_taken_items_stay_until_they_are_forgotten) {
  Subject subject;
  for (std::int64_t i = 0; i < 2000; ++i) subject.insert(subject.root.size(), {3 * i, 1, false});
  for (int i = 0; i < 500; ++i) subject.take(i % 2 == 0 ? 0 : subject.root.size() / 2);
  subject.check();
  subject.cut(0, subject.root.size());
  subject.check();
  ASSERT_EQ(subject.model.size(), 500U);
  subject.insert(0, {-1, 1, false}, TakenPlaces::behind);
  subject.insert(1, {-7, 1, false});
  subject.check();
  subject.cut(0, 2);
  for (std::uint64_t i = 0; i < 500; ++i) subject.end_taking(7 * i, false, Direction::forward);
  subject.check();
  EXPECT_EQ(subject.nodes(), 0U) << "nodes that nothing leads to";
  EXPECT_TRUE(subject.root.entries.empty());
}

TEST(RunTree, agrees_with_a_list) {
  EXPECT_TRUE(rc::check([] {
    Subject subject;
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    std::int64_t next = 0;
    for (int step = 0; step < 60; ++step) {
      if (subject.root.size() == 0 || random.below(3) != 0) {
        // Some of many at once, so that the tree gets levels.
        for (std::uint64_t i = random.below(60); i-- > 0;) {
          const detail::Run run{next + 5, 1 + random.below(4), false};
          next += 10;
          subject.insert(random.below(subject.root.size() + 1),
                         random.below(2) == 0 ? run : run.reversed(),
                         random.below(2) == 0 ? TakenPlaces::before : TakenPlaces::behind);
        }
      } else {
        const std::uint64_t index = random.below(subject.root.size());
        subject.cut(index, random.below(subject.root.size() - index) / (1 + random.below(8)));
      }
      for (std::uint64_t i = random.below(40); i-- > 0 && subject.root.size() > 0;) {
        subject.take(random.below(subject.root.size()));
      }
      for (std::uint64_t i = random.below(40); i-- > 0;) {
        subject.end_taking(random.below(1000), random.below(2) == 0,
                           random.below(2) == 0 ? Direction::forward : Direction::backward);
      }
      if (random.below(10) == 0) {
        Runs all;
        subject.edit([&](RunEditor& editor) {
          all = editor.all();
          std::ranges::reverse(all);
          for (detail::Run& run : all) run = run.reversed();
          editor.assign(all);
        });
        std::ranges::reverse(subject.model);
      }
      subject.check();
    }
  }));
}

}  // namespace
}  // namespace larder::detail
