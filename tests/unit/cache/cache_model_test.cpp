// SPDX-License-Identifier: Apache-2.0

// Random histories of a small cache agree with the naive model at every step; RapidCheck shrinks
// one that does not. RC_PARAMS replays it.

#include "cache_model.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>

#include "larder/core/error.h"
#include "support/settings.h"

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
  clear
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

// One history, on both.
class Histories {
 public:
  explicit Histories(const CacheSettings& settings)
      : model_(settings), cache_(open_memory_engine(), settings, {.clock = &clock_}) {
    with_defaults_ = cache_.settings();
    model_ = CacheModel(with_defaults_);
  }

  void run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      take(step);
      compare();
    }
    RC_ASSERT((cache_.verify().problems == std::vector<std::string>{}));
  }

 private:
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
    for (const Key& key : cache_.keys()) found.push_back(key.as<int>());
    RC_ASSERT((found == expected));
    RC_ASSERT((cache_.size() == expected.size()));
    RC_ASSERT((cache_.bytes() == model_.bytes()));
    RC_ASSERT((cache_.size() <= with_defaults_.max_entries));
    RC_ASSERT((cache_.bytes() <= with_defaults_.max_bytes));
  }

  ManualClock clock_;
  CacheModel model_;
  Cache cache_;
  CacheSettings with_defaults_;
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

TEST(CacheModel, refusing_cache_agrees) {
  expect_agreement({.max_entries = 6, .max_bytes = 450, .eviction = Eviction::none}, 12);
}

}  // namespace
}  // namespace larder::test
