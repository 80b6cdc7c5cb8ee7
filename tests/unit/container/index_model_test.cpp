// SPDX-License-Identifier: Apache-2.0

// Random histories of an index agree with a map and a list of keys at every step, over reopening
// too.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "container_fixture.h"
#include "larder/container/index.h"

namespace larder::test {
namespace {

enum class IndexAction {
  put,
  add,
  set_default,
  erase,
  pop,
  pop_first,
  pop_last,
  pop_least,
  pop_greatest,
  update,
  range,
  clear,
  undo,
  reopen,
};

struct IndexStep {
  IndexAction action = IndexAction::put;
  int key = 0;
  int value = 0;
};

std::ostream& operator<<(std::ostream& out, const IndexStep& step) {
  return out << "{" << static_cast<int>(step.action) << ", " << step.key << ", " << step.value
             << "}";
}

rc::Gen<IndexStep> steps() {
  return rc::gen::build<IndexStep>(
      rc::gen::set(&IndexStep::action,
                   rc::gen::map(rc::gen::weightedElement<int>({{10, 0},
                                                               {5, 1},
                                                               {5, 2},
                                                               {5, 3},
                                                               {3, 4},
                                                               {2, 5},
                                                               {2, 6},
                                                               {2, 7},
                                                               {2, 8},
                                                               {5, 9},
                                                               {4, 10},
                                                               {1, 11},
                                                               {2, 12},
                                                               {1, 13}}),
                                [](int number) { return static_cast<IndexAction>(number); })),
      rc::gen::set(&IndexStep::key, rc::gen::inRange(-12, 12)),
      rc::gen::set(&IndexStep::value, rc::gen::inRange(0, 20)));
}

// Half of all values are long, so that they go to pages of their own.
std::string text(int value) {
  return value % 2 == 0 ? std::to_string(value)
                        : std::string(static_cast<std::size_t>(value) * 100, 'x');
}

using Entries = std::vector<std::pair<int, std::string>>;

/// An index beside its model.
struct Pair {
  Index<int, std::string> index;
  std::map<int, std::string> values = {};
  std::vector<int> order = {};

  bool put(int key, const std::string& value) {
    const bool is_new = values.insert_or_assign(key, value).second;
    if (is_new) order.push_back(key);
    return is_new;
  }

  std::optional<std::string> take(int key) {
    const auto found = values.find(key);
    if (found == values.end()) return std::nullopt;
    std::string value = found->second;
    values.erase(found);
    std::erase(order, key);
    return value;
  }

  void take_end(KeyOrder by, bool is_first) {
    const auto popped = is_first ? index.pop_first(by) : index.pop_last(by);
    RC_ASSERT(popped.has_value() == !values.empty());
    if (!popped) return;
    int wanted = is_first ? order.front() : order.back();
    if (by == KeyOrder::key) wanted = is_first ? values.begin()->first : values.rbegin()->first;
    RC_ASSERT(popped->first == wanted);
    RC_ASSERT(take(wanted) == popped->second);
  }

  void update(int key, const std::string& value) {
    const Entries entries = {{key, value}, {key + 1, "next"}, {key, "again"}};
    std::uint64_t added = 0;
    for (const auto& [each, text_of_it] : entries) added += put(each, text_of_it) ? 1U : 0U;
    RC_ASSERT(index.update(entries) == added);
  }

  void range(int first, int last) const {
    const Entries wanted(values.lower_bound(first),
                         last < first ? values.lower_bound(first) : values.lower_bound(last));
    RC_ASSERT(std::ranges::equal(index.range(first, last), wanted));
  }

  // Changes everything, in vain.
  void undo(int key) {
    RC_ASSERT_THROWS_AS(index.engine()->update([&](WriteTxn&) {
      index.put(key, "never");
      index.put(1000, "never");
      index.pop_first();
      index.clear();
      throw std::runtime_error("no");
    }),
                        std::runtime_error);
  }

  void store(const IndexStep& step) {
    const std::string value = text(step.value);
    const bool is_new = !values.contains(step.key);
    if (step.action == IndexAction::put) {
      RC_ASSERT(index.put(step.key, value) == is_new);
      put(step.key, value);
      return;
    }
    if (is_new) put(step.key, value);
    if (step.action == IndexAction::add) {
      RC_ASSERT(index.add(step.key, value) == is_new);
    } else {
      RC_ASSERT(index.set_default(step.key, value) == values.at(step.key));
    }
  }

  void run(const IndexStep& step) {
    switch (step.action) {
      case IndexAction::put:
      case IndexAction::add:
      case IndexAction::set_default:
        return store(step);
      case IndexAction::erase:
        return RC_ASSERT(index.erase(step.key) == take(step.key).has_value());
      case IndexAction::pop:
        return RC_ASSERT(index.pop(step.key) == take(step.key));
      case IndexAction::pop_first:
        return take_end(KeyOrder::insertion, true);
      case IndexAction::pop_last:
        return take_end(KeyOrder::insertion, false);
      case IndexAction::pop_least:
        return take_end(KeyOrder::key, true);
      case IndexAction::pop_greatest:
        return take_end(KeyOrder::key, false);
      case IndexAction::update:
        return update(step.key, text(step.value));
      case IndexAction::range:
        return range(step.key, step.value - 10);
      case IndexAction::clear:
        RC_ASSERT(index.clear() == values.size());
        values.clear();
        return order.clear();
      case IndexAction::undo:
        return undo(step.key);
      case IndexAction::reopen:
        return;
    }
  }

  void check() const {
    Entries inserted;
    inserted.reserve(order.size());
    for (const int key : order) inserted.emplace_back(key, values.at(key));
    RC_ASSERT(index.size() == values.size());
    RC_ASSERT(index == inserted);
    RC_ASSERT(std::ranges::equal(index, inserted));
    RC_ASSERT(index.snapshot(KeyOrder::key) == Entries(values.begin(), values.end()));
    for (int key = -12; key < 13; key += 5) {
      const auto found = values.find(key);
      RC_ASSERT(index.contains(key) == (found != values.end()));
      RC_ASSERT(index.get(key) ==
                (found == values.end() ? std::nullopt : std::optional(found->second)));
    }
  }
};

class IndexModelTest : public OnEachEngine {};

INSTANTIATE_TEST_SUITE_P(Engines, IndexModelTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);

TEST_P(IndexModelTest, agrees_with_a_map_and_a_list) {
  int name = 0;
  ASSERT_TRUE(rc::check([&] {
    const std::string own = std::to_string(name++);
    Pair pair{.index = Index<int, std::string>(engine_, own)};
    for (const IndexStep& step : *rc::gen::container<std::vector<IndexStep>>(steps())) {
      if (step.action == IndexAction::reopen) {
        if (!is_persistent()) continue;
        // The old handle holds the engine: it must go first.
        pair.index = Index<int, std::string>(open_memory_engine(), own);
        reopen();
        pair.index = Index<int, std::string>(engine_, own);
      }
      pair.run(step);
      pair.check();
    }
  }));
}

}  // namespace
}  // namespace larder::test
