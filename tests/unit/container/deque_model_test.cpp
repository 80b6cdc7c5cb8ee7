// SPDX-License-Identifier: Apache-2.0

// Random histories of a deque agree with std::deque at every step, over reopening too.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "container_fixture.h"
#include "larder/container/deque.h"
#include "larder/core/error.h"

namespace larder::test {

namespace {

enum class DequeAction {
  push_back,
  push_front,
  pop_back,
  pop_front,
  set,
  insert,
  erase,
  erase_first,
  extend,
  extend_front,
  rotate,
  reverse,
  clear,
  limit,
  undo,
  reopen,
};

struct DequeStep {
  DequeAction action = DequeAction::push_back;
  std::uint64_t index = 0;
  int value = 0;
};

std::ostream& operator<<(std::ostream& out, const DequeStep& step) {
  return out << "{" << static_cast<int>(step.action) << ", index " << step.index << ", "
             << step.value << "}";
}

using Model = std::deque<std::string>;

// Half of all values are long, so that they go to pages of their own.
std::string text(int value) {
  return value % 2 == 0 ? std::to_string(value)
                        : std::string(static_cast<std::size_t>(value) * 100, 'x');
}

rc::Gen<DequeStep> steps() {
  return rc::gen::build<DequeStep>(
      rc::gen::set(&DequeStep::action,
                   rc::gen::map(rc::gen::weightedElement<int>({{8, 0},
                                                               {8, 1},
                                                               {4, 2},
                                                               {4, 3},
                                                               {4, 4},
                                                               {10, 5},
                                                               {4, 6},
                                                               {2, 7},
                                                               {4, 8},
                                                               {4, 9},
                                                               {4, 10},
                                                               {2, 11},
                                                               {1, 12},
                                                               {1, 13},
                                                               {2, 14},
                                                               {1, 15}}),
                                [](int number) { return static_cast<DequeAction>(number); })),
      rc::gen::set(&DequeStep::index, rc::gen::inRange<std::uint64_t>(0, 40)),
      rc::gen::set(&DequeStep::value, rc::gen::inRange(0, 20)));
}

/// A deque beside its model.
struct Pair {
  Deque<std::string> deque;
  Model model = {};
  std::optional<std::uint64_t> limit = std::nullopt;

  void push(const std::string& value, bool is_back) {
    if (is_back) {
      model.push_back(value);
      if (limit && model.size() > *limit) model.pop_front();
    } else {
      model.push_front(value);
      if (limit && model.size() > *limit) model.pop_back();
    }
  }

  std::optional<std::string> pop(bool is_back) {
    if (model.empty()) return std::nullopt;
    std::string value = is_back ? model.back() : model.front();
    if (is_back) {
      model.pop_back();
    } else {
      model.pop_front();
    }
    return value;
  }

  void insert(std::uint64_t index, const std::string& value) {
    bool is_full = false;
    bool is_inserted = false;
    try {
      is_inserted = deque.insert(index, value);
    } catch (const Error& error) {
      is_full = error.kind() == ErrorKind::full;
    }
    const bool fits = index <= model.size();
    RC_ASSERT(is_full == (fits && limit && model.size() >= *limit));
    RC_ASSERT(is_inserted == (fits && !is_full));
    if (is_inserted) model.insert(model.begin() + static_cast<std::ptrdiff_t>(index), value);
  }

  void rotate(std::int64_t steps) {
    deque.rotate(steps);
    if (model.empty()) return;
    const auto length = static_cast<std::int64_t>(model.size());
    const std::int64_t moved = (steps % length + length) % length;
    std::ranges::rotate(model, model.end() - moved);
  }

  void erase_first(const std::string& value) {
    const auto found = std::ranges::find(model, value);
    RC_ASSERT(deque.erase_first(value) == (found != model.end()));
    if (found != model.end()) model.erase(found);
  }

  void extend(const std::string& value, std::uint64_t count, bool is_back) {
    std::vector<std::string> values;
    values.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) values.push_back(value + std::to_string(i));
    if (is_back) {
      deque.extend(values);
    } else {
      deque.extend_front(values);
    }
    for (const std::string& each : values) push(each, is_back);
  }

  void set_limit(std::optional<std::uint64_t> size) {
    limit = size;
    deque.set_max_size(size);
    while (limit && model.size() > *limit) model.pop_front();
  }

  // Changes everything, in vain.
  void undo() {
    RC_ASSERT_THROWS_AS(deque.engine()->update([&](WriteTxn&) {
      deque.push_back("never");
      deque.reverse();
      deque.pop_back();
      deque.set_max_size(1);
      deque.clear();
      throw std::runtime_error("no");
    }),
                        std::runtime_error);
  }

  void edit(const DequeStep& step) {
    const std::string value = text(step.value);
    const bool is_there = step.index < model.size();
    const auto at = static_cast<std::ptrdiff_t>(step.index);
    switch (step.action) {
      case DequeAction::set:
        RC_ASSERT(deque.set(step.index, value) == is_there);
        if (is_there) model[step.index] = value;
        break;
      case DequeAction::erase:
        RC_ASSERT(deque.erase(step.index) == is_there);
        if (is_there) model.erase(model.begin() + at);
        break;
      case DequeAction::reverse:
        deque.reverse();
        std::ranges::reverse(model);
        break;
      case DequeAction::clear:
        RC_ASSERT(deque.clear() == model.size());
        model.clear();
        break;
      default:
        break;
    }
  }

  void run(const DequeStep& step) {
    const std::string value = text(step.value);
    switch (step.action) {
      case DequeAction::push_back:
        deque.push_back(value);
        return push(value, true);
      case DequeAction::push_front:
        deque.push_front(value);
        return push(value, false);
      case DequeAction::pop_back:
        return RC_ASSERT(deque.pop_back() == pop(true));
      case DequeAction::pop_front:
        return RC_ASSERT(deque.pop_front() == pop(false));
      case DequeAction::insert:
        return insert(step.index, value);
      case DequeAction::erase_first:
        return erase_first(value);
      case DequeAction::extend:
        return extend(value, step.index, true);
      case DequeAction::extend_front:
        return extend(value, step.index, false);
      case DequeAction::rotate:
        return rotate(static_cast<std::int64_t>(step.index) - 20);
      case DequeAction::limit:
        return set_limit(step.value < 10 ? std::nullopt : std::optional(step.index));
      case DequeAction::undo:
        return undo();
      default:
        return edit(step);
    }
  }

  void check() const {
    RC_ASSERT(deque.size() == model.size());
    RC_ASSERT(deque == model);
    RC_ASSERT(std::ranges::equal(deque, model));
    RC_ASSERT(deque.max_size() == limit);
    RC_ASSERT(deque.peek_back() == (model.empty() ? std::nullopt : std::optional(model.back())));
    for (std::uint64_t i = 0; i <= model.size(); i += 7) {
      const bool is_there = i < model.size();
      RC_ASSERT(deque.get(i) == (is_there ? std::optional(model[i]) : std::nullopt));
      RC_ASSERT(deque.get_from_end(i) ==
                (is_there ? std::optional(model[model.size() - 1 - i]) : std::nullopt));
    }
  }
};

}  // namespace

class DequeModelTest : public OnEachEngine {};

INSTANTIATE_TEST_SUITE_P(Engines, DequeModelTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);

TEST_P(DequeModelTest, agrees_with_std_deque) {
  int name = 0;
  ASSERT_TRUE(rc::check([&] {
    const std::string own = std::to_string(name++);
    Pair pair{.deque = Deque<std::string>(engine_, own)};
    for (const DequeStep& step : *rc::gen::container<std::vector<DequeStep>>(steps())) {
      if (step.action == DequeAction::reopen) {
        if (!is_persistent()) continue;
        // The old handle holds the engine: it must go first.
        pair.deque = Deque<std::string>(open_memory_engine(), own);
        reopen();
        pair.deque = Deque<std::string>(engine_, own);
      } else {
        pair.run(step);
      }
      pair.check();
    }
  }));
}

}  // namespace larder::test
