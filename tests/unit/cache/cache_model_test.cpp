// SPDX-License-Identifier: Apache-2.0

// Random histories of a small cache agree with the naive model at every step; RapidCheck shrinks
// one that does not. RC_PARAMS replays it.

#include "cache_model.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "larder/cache/queue.h"
#include "larder/core/error.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {

using namespace std::chrono_literals;

enum class Action {
  get,
  put,
  put_tagged,
  add,
  incr,
  touch,
  erase,
  pop,
  erase_tag,
  expire,
  wait,
  clear,
  put_many,
  get_many,
  erase_many,
  swap,
  select,
  erase_selected,
  push,
  pull,
  peek,
  put_within,
  get_within,
  clear_within,
  drop_within,
  transact,
  rollback,
};

struct Step {
  Action action = Action::get;
  int key = 0;
  int number = 0;  // value, lifetime or tag, as the action needs it
};

void showValue(const Step& step, std::ostream& out) {
  out << "{" << static_cast<int>(step.action) << ", key " << step.key << ", " << step.number << "}";
}

namespace {

std::string tag_of(int number) { return number % 2 == 0 ? "even" : "odd"; }

/// Where a history happens.
enum class Home { memory, lmdb, shards };

/// What a rollback throws.
struct Undo {};

// One history, on both.
class Histories {
 public:
  explicit Histories(const CacheSettings& settings, Home home = Home::memory)
      : model_(settings), cache_(make(settings, home)) {
    with_defaults_ = cache_.settings();
    model_ = CacheModel(with_defaults_, home == Home::shards ? shards : 1);
    is_in_order_ = home != Home::shards;
  }

  void run(const std::vector<Step>& steps) {
    std::span<const Step> rest(steps);
    while (!rest.empty()) {
      const CacheModel before = model_;
      try {
        take_first(rest);
      } catch (const Undo&) {
        model_ = before;
      }
      compare();
    }
    RC_ASSERT((cache_.verify().problems == std::vector<std::string>{}));
  }

 private:
  static constexpr std::uint32_t shards = 3;

  Cache make(const CacheSettings& settings, Home home) {
    const CacheHooks hooks{.clock = &clock_};
    if (home == Home::memory) return Cache(open_memory_engine(), settings, hooks);
    folder_.emplace(memory_folder());
    CacheOptions options{
        .path = *folder_ / "c", .settings = settings, .durability = Durability::disposable};
    if (home == Home::shards) options.shards = shards;
    return Cache::open(options, hooks);
  }

  // Takes one step, or several within a transaction, off `rest`.
  void take_first(std::span<const Step>& rest) {
    const Step step = rest.front();
    rest = rest.subspan(1);
    if (step.action == Action::transact || step.action == Action::rollback) {
      const auto inner = static_cast<std::size_t>(step.number % 5);
      const bool was_inside = std::exchange(is_inside_, true);
      const auto leave = [&] { is_inside_ = was_inside; };
      try {
        cache_.transact([&] {
          for (std::size_t i = 0; i < inner && !rest.empty(); ++i) take_first(rest);
          if (step.action == Action::rollback) throw Undo();
        });
      } catch (...) {
        leave();
        throw;
      }
      leave();
      return;
    }
    take(step);
    take_group(step);
  }

  // What is about many entries, or beside them.
  void take_group(const Step& step) {
    const WallTime now = clock_.now();
    const std::int64_t value = step.number;
    const bool is_even = step.number % 2 == 0;
    const std::string tag = tag_of(step.number);
    const std::vector<Key> keys = {step.key, step.key + 1, step.key + 3};
    switch (step.action) {
      case Action::put_many: {
        std::map<int, std::int64_t> pairs;
        std::vector<CacheModel::Entry> entries;
        for (const Key& key : keys) {
          pairs[key.as<int>()] = value;
          entries.push_back({.key = key.as<int>(), .value = value, .tags = {tag}});
        }
        // What has no room ends a transaction around it.
        if (is_inside_ && with_defaults_.max_entries != no_limit) break;
        RC_ASSERT((fits([&] { cache_.put_many(pairs, {.tags = {tag}}); }) ==
                   model_.put_many(entries, now)));
        break;
      }
      case Action::get_many: {
        const auto found = cache_.get_many<std::int64_t>(keys);
        for (std::size_t i = 0; i < keys.size(); ++i) {
          RC_ASSERT((found[i] == model_.get(keys[i].as<int>(), now)));
        }
        break;
      }
      case Action::erase_many: {
        std::uint64_t erased = 0;
        for (const Key& key : keys) erased += model_.erase(key.as<int>(), now) ? 1U : 0U;
        RC_ASSERT((cache_.erase_many(keys) == erased));
        break;
      }
      case Action::swap: {
        const std::int64_t expected = std::int64_t{1} << (step.number % 4);
        std::optional<bool> swapped;
        fits([&] { swapped = cache_.compare_and_swap(step.key, expected, value); });
        RC_ASSERT((swapped == model_.swap({.key = step.key, .value = value}, expected, now)));
        break;
      }
      case Action::select:
      case Action::erase_selected: {
        std::vector<int> found;
        for (const Key& key : cache_.select({.tag = tag})) found.push_back(key.as<int>());
        std::ranges::sort(found);
        RC_ASSERT((found == model_.select(tag, now)));
        if (step.action == Action::select) break;
        for (const int key : found) model_.erase(key, now);
        RC_ASSERT((cache_.erase_selected({.tag = tag}) == found.size()));
        break;
      }
      default:
        take_beside(step, value, is_even);
    }
  }

  // The queue and the sub-cache.
  void take_beside(const Step& step, std::int64_t value, bool is_even) {
    const WallTime now = clock_.now();
    const Side side = is_even ? Side::back : Side::front;
    switch (step.action) {
      case Action::push: {
        const Duration ttl = 1s * (step.number % 5);
        Queue(cache_, "q").push(value, side, {.ttl = ttl});
        model_.push({.value = value, .expires_at = now + ttl}, !is_even);
        break;
      }
      case Action::pull: {
        const auto item = Queue(cache_, "q").pull<std::int64_t>(side);
        RC_ASSERT(
            ((item ? std::optional(item->value) : std::nullopt) == model_.pull(is_even, now)));
        break;
      }
      case Action::peek: {
        const auto item = Queue(cache_, "q").peek<std::int64_t>(side);
        RC_ASSERT(
            ((item ? std::optional(item->value) : std::nullopt) == model_.peek(is_even, now)));
        break;
      }
      case Action::put_within:
        cache_.sub("s").put(step.key, value);
        model_.within[step.key] = value;
        break;
      case Action::get_within: {
        const auto known = model_.within.find(step.key);
        const auto found = cache_.sub("s").get<std::int64_t>(step.key);
        RC_ASSERT((found.has_value() == (known != model_.within.end())));
        if (found) RC_ASSERT((*found == known->second));
        break;
      }
      case Action::clear_within:
        RC_ASSERT((cache_.sub("s").clear() == model_.within.size()));
        model_.within.clear();
        break;
      case Action::drop_within:
        if (is_inside_) break;
        cache_.drop_sub("s");
        model_.within.clear();
        break;
      default:
        break;
    }
  }

  void take(const Step& step) {
    const WallTime now = clock_.now();
    // Long numbers make records of different sizes; short lifetimes meet the waits.
    const std::int64_t value = std::int64_t{1} << (step.number % 40);
    const std::optional<Duration> ttl =
        step.number % 3 == 0 ? std::optional<Duration>(1s * (step.number % 7)) : std::nullopt;
    CacheModel::Entry entry{.key = step.key, .value = value};
    if (ttl) entry.expires_at = now + *ttl;
    PutOptions options{.ttl = ttl};

    switch (step.action) {
      case Action::get:
        RC_ASSERT((cache_.get<std::int64_t>(step.key) == model_.get(step.key, now)));
        break;
      case Action::put_tagged:
        options.tags = {tag_of(step.number), "all"};
        entry.tags = {tag_of(step.number), "all"};
        [[fallthrough]];
      case Action::put:
        RC_ASSERT((fits([&] { cache_.put(step.key, value, options); }) == model_.put(entry, now)));
        break;
      case Action::add: {
        std::optional<bool> added;
        fits([&] { added = cache_.add(step.key, value, options); });
        RC_ASSERT((added == model_.add(entry, now)));
        break;
      }
      case Action::incr: {
        std::optional<std::int64_t> sum;
        fits([&] { sum = cache_.incr(step.key, step.number); });
        RC_ASSERT((sum == model_.incr(step.key, step.number, now)));
        break;
      }
      case Action::touch:
        RC_ASSERT((cache_.touch(step.key, ttl) == model_.touch(step.key, entry.expires_at, now)));
        break;
      case Action::erase:
        RC_ASSERT((cache_.erase(step.key) == model_.erase(step.key, now).has_value()));
        break;
      case Action::pop:
        RC_ASSERT((cache_.pop<std::int64_t>(step.key) == model_.erase(step.key, now)));
        break;
      case Action::erase_tag:
        RC_ASSERT((cache_.erase_tag(tag_of(step.number)) == model_.erase_tag(tag_of(step.number))));
        break;
      case Action::expire:
        RC_ASSERT((cache_.expire() == model_.expire(now)));
        break;
      case Action::wait:
        clock_.advance(1s * (step.number % 4));
        break;
      case Action::clear:
        // Rare: a history that keeps starting anew finds little.
        if (step.number % 8 == 0) RC_ASSERT((cache_.clear() == model_.clear()));
        break;
      default:
        break;
    }
  }

  template <typename Call>
  static bool fits(Call call) {
    try {
      call();
    } catch (const Error& error) {
      RC_ASSERT((error.kind() == ErrorKind::full));
      return false;
    }
    return true;
  }

  void compare() {
    std::vector<int> expected;
    for (const CacheModel::Entry& entry : model_.entries()) expected.push_back(entry.key);
    std::vector<int> found;
    const KeyOrder order = is_in_order_ ? KeyOrder::insertion : KeyOrder::key;
    for (const Key& key : cache_.keys(order)) found.push_back(key.as<int>());
    if (!is_in_order_) std::ranges::sort(expected);
    RC_ASSERT((found == expected));
    RC_ASSERT((cache_.size() == expected.size()));
    RC_ASSERT((cache_.bytes() == model_.bytes()));
    RC_ASSERT((cache_.size() <= with_defaults_.max_entries));
    RC_ASSERT((cache_.bytes() <= with_defaults_.max_bytes));
  }

  ManualClock clock_;
  std::optional<TempDir> folder_;
  CacheModel model_;
  Cache cache_;
  CacheSettings with_defaults_;
  bool is_in_order_ = true;
  bool is_inside_ = false;
};

rc::Gen<Step> steps(int keys) {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::action,
                   rc::gen::map(rc::gen::weightedElement<int>({{6, 0},
                                                               {6, 1},
                                                               {4, 2},
                                                               {2, 3},
                                                               {2, 4},
                                                               {2, 5},
                                                               {2, 6},
                                                               {1, 7},
                                                               {1, 8},
                                                               {1, 9},
                                                               {3, 10},
                                                               {1, 11}}),
                                [](int action) { return static_cast<Action>(action); })),
      rc::gen::set(&Step::key, rc::gen::inRange(0, keys)),
      rc::gen::set(&Step::number, rc::gen::inRange(0, 1000)));
}

// Every operation, also several in a transaction.
rc::Gen<Step> all_steps(int keys) {
  return rc::gen::oneOf(
      steps(keys),
      rc::gen::build<Step>(
          rc::gen::set(&Step::action,
                       rc::gen::map(rc::gen::inRange(static_cast<int>(Action::put_many),
                                                     static_cast<int>(Action::rollback) + 1),
                                    [](int action) { return static_cast<Action>(action); })),
          rc::gen::set(&Step::key, rc::gen::inRange(0, keys)),
          rc::gen::set(&Step::number, rc::gen::inRange(0, 1000))));
}

void expect_agreement_of_all(const CacheSettings& settings, Home home, std::uint64_t histories) {
  EXPECT_TRUE(rc::check("the cache agrees with the model", [&] {
    for (std::uint64_t i = 0; i < histories; ++i) {
      Histories(settings, home)
          .run(*rc::gen::scale(4, rc::gen::container<std::vector<Step>>(all_steps(12))));
    }
  }));
}

// `length` times RapidCheck's usual length: up to 100 steps.
void expect_agreement(const CacheSettings& settings, int keys, double length = 2) {
  EXPECT_TRUE(rc::check("the cache agrees with the model", [&] {
    const std::uint64_t histories = rounds(2, 100);
    for (std::uint64_t i = 0; i < histories; ++i) {
      Histories(settings).run(
          *rc::gen::scale(length, rc::gen::container<std::vector<Step>>(steps(keys))));
    }
  }));
}

TEST(CacheModel, cache_without_limits_agrees) { expect_agreement({}, 12); }

TEST(CacheModel, fifo_agrees) {
  expect_agreement({.max_entries = 6, .eviction = Eviction::fifo}, 12);
}

TEST(CacheModel, fifo_by_bytes_agrees) {
  expect_agreement({.max_bytes = 500, .eviction = Eviction::fifo}, 12);
}

TEST(CacheModel, lru_agrees) {
  expect_agreement({.max_entries = 6, .eviction = Eviction::lru}, 12);
}

TEST(CacheModel, lru_by_bytes_agrees) {
  expect_agreement({.max_bytes = 500, .eviction = Eviction::lru}, 12);
}

TEST(CacheModel, larger_lru_agrees) {
  expect_agreement({.max_entries = 70, .eviction = Eviction::lru}, 200, 8);
}

TEST(CacheModel, every_operation_agrees) {
  expect_agreement_of_all({}, Home::memory, rounds(3, 200));
}

TEST(CacheModel, every_operation_agrees_on_lmdb) {
  expect_agreement_of_all({}, Home::lmdb, rounds(1, 50));
}

TEST(CacheModel, every_operation_agrees_in_shards) {
  expect_agreement_of_all({}, Home::shards, rounds(1, 50));
}

TEST(CacheModel, every_operation_agrees_within_limits) {
  expect_agreement_of_all({.max_entries = 6, .eviction = Eviction::fifo}, Home::memory,
                          rounds(3, 200));
  expect_agreement_of_all({.max_entries = 6, .eviction = Eviction::none}, Home::memory,
                          rounds(3, 200));
}

TEST(CacheModel, refusing_cache_agrees) {
  expect_agreement({.max_entries = 6, .max_bytes = 450, .eviction = Eviction::none}, 12);
}

}  // namespace
}  // namespace larder::test
