// SPDX-License-Identifier: Apache-2.0

// Random histories of taking, acknowledging, losing and dying agree with a plain list at every
// step.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "container_fixture.h"
#include "larder/container/deque.h"
#include "larder/core/error.h"
#include "support/child.h"

namespace larder::test {

namespace {

enum class TakeAction {
  push_back,
  push_front,
  pop_front,
  pop_back,
  take_front,
  take_back,
  done,
  give_back,
  drop,
  extend,
  wait,
  die,
  bring_back,
  limit,
  requeue,
  rotate,
  clear,
};

struct TakeStep {
  TakeAction action = TakeAction::push_back;
  std::uint64_t index = 0;
  int seconds = 0;
};

std::ostream& operator<<(std::ostream& out, const TakeStep& step) {
  return out << "{" << static_cast<int>(step.action) << ", " << step.index << ", " << step.seconds
             << "}";
}

rc::Gen<TakeStep> take_steps() {
  return rc::gen::build<TakeStep>(
      rc::gen::set(&TakeStep::action,
                   rc::gen::map(rc::gen::weightedElement<int>({{8, 0},
                                                               {4, 1},
                                                               {1, 2},
                                                               {1, 3},
                                                               {8, 4},
                                                               {4, 5},
                                                               {4, 6},
                                                               {3, 7},
                                                               {2, 8},
                                                               {2, 9},
                                                               {4, 10},
                                                               {2, 11},
                                                               {2, 12},
                                                               {1, 13},
                                                               {1, 14},
                                                               {1, 15},
                                                               {1, 16}}),
                                [](int number) { return static_cast<TakeAction>(number); })),
      rc::gen::set(&TakeStep::index, rc::gen::inRange<std::uint64_t>(0, 20)),
      rc::gen::set(&TakeStep::seconds, rc::gen::inRange(1, 10)));
}

/// An item, in the deque or taken.
struct Spot {
  std::int64_t number = 0;  ///< As the deque gives it: dead letters of one moment are in its order.
  int value = 0;
  std::uint64_t attempts = 0;
  std::uint64_t token = 0;     ///< 0 if it is not taken.
  std::int64_t lease_end = 0;  ///< In seconds.
  bool is_orphan = false;      ///< Its taker has died.
};

/// A handle, and the token that it had in the model.
struct Held {
  Taken<int> taken;
  std::uint64_t token = 0;
};

/// A deque beside its model.
class Subject {
 public:
  Subject(const EnginePtr& engine, ManualClock& clock, const std::string& name, bool may_die)
      : clock_(clock), deque_(engine, name), may_die_(may_die) {}

  void run(const TakeStep& step) {
    switch (step.action) {
      case TakeAction::push_back:
        deque_.push_back(next_value_);
        spots_.push_back({.number = next_back_++, .value = next_value_++});
        return;
      case TakeAction::push_front:
        deque_.push_front(next_value_);
        spots_.insert(spots_.begin(), {.number = next_front_--, .value = next_value_++});
        return;
      case TakeAction::pop_front:
      case TakeAction::pop_back:
        return pop(step.action == TakeAction::pop_front);
      case TakeAction::take_front:
      case TakeAction::take_back:
        return take(step.action == TakeAction::take_front, step.seconds);
      case TakeAction::die:
        return die(step.seconds);
      case TakeAction::wait:
        clock_.advance(std::chrono::seconds{step.seconds});
        now_ += step.seconds;
        return;
      case TakeAction::bring_back:
        RC_ASSERT(deque_.bring_back() == sweep());
        return;
      case TakeAction::limit:
        limit_ = step.seconds < 5 ? std::optional<std::uint64_t>() : step.index % 4;
        return deque_.set_max_attempts(limit_);
      case TakeAction::requeue:
        return requeue();
      case TakeAction::rotate:
        return rotate(step.index);
      case TakeAction::clear:
        RC_ASSERT(deque_.clear() == present().size());
        std::erase_if(spots_, [](const Spot& spot) { return spot.token == 0; });
        return;
      default:
        return settle(step);
    }
  }

  void check() const {
    const std::vector<int> values = present();
    RC_ASSERT(deque_ == values);
    RC_ASSERT(deque_.size() == values.size());
    RC_ASSERT(deque_.taken() == spots_.size() - values.size());
    RC_ASSERT(deque_.dead_letters() == dead_);
    RC_ASSERT(deque_.max_attempts() == limit_);
  }

 private:
  using Place = std::vector<Spot>::iterator;

  [[nodiscard]] std::vector<int> present() const {
    std::vector<int> values;
    for (const Spot& spot : spots_) {
      if (spot.token == 0) values.push_back(spot.value);
    }
    return values;
  }

  [[nodiscard]] Place end_of(bool is_front) {
    const auto is_there = [](const Spot& spot) { return spot.token == 0; };
    if (is_front) return std::ranges::find_if(spots_, is_there);
    const auto found = std::find_if(spots_.rbegin(), spots_.rend(), is_there);
    return found == spots_.rend() ? spots_.end() : found.base() - 1;
  }

  void bury(Place spot) {
    dead_.push_back(spot->value);
    spots_.erase(spot);
  }

  void come_back(Place spot) {
    if (limit_ && spot->attempts >= *limit_) return bury(spot);
    spot->token = 0;
  }

  std::uint64_t sweep() {
    std::vector<std::int64_t> due;
    for (const Spot& spot : spots_) {
      if (spot.token != 0 && (spot.is_orphan || spot.lease_end <= now_)) {
        due.push_back(spot.number);
      }
    }
    std::ranges::sort(due);
    for (const std::int64_t number : due) {
      come_back(std::ranges::find(spots_, number, &Spot::number));
    }
    return due.size();
  }

  void pop(bool is_front) {
    const std::optional<int> popped = is_front ? deque_.pop_front() : deque_.pop_back();
    sweep();
    const Place spot = end_of(is_front);
    RC_ASSERT(popped == (spot == spots_.end() ? std::nullopt : std::optional(spot->value)));
    if (spot != spots_.end()) spots_.erase(spot);
  }

  /// What a take does to the model.
  [[nodiscard]] Place begin_take(bool is_front, int seconds) {
    sweep();
    for (;;) {
      const Place spot = end_of(is_front);
      if (spot == spots_.end()) return spot;
      if (limit_ && spot->attempts >= *limit_) {
        bury(spot);
        continue;
      }
      ++spot->attempts;
      spot->token = ++last_token_;
      spot->lease_end = now_ + seconds;
      spot->is_orphan = false;
      return spot;
    }
  }

  void take(bool is_front, int seconds) {
    const Duration lease = std::chrono::seconds{seconds};
    auto taken = is_front ? deque_.take_front(lease) : deque_.take_back(lease);
    const Place spot = begin_take(is_front, seconds);
    RC_ASSERT(taken.has_value() == (spot != spots_.end()));
    if (!taken) return;
    RC_ASSERT(taken->value() == spot->value);
    RC_ASSERT(taken->attempts() == spot->attempts);
    for (const Held& other : held_) RC_ASSERT(other.taken.token() < taken->token());
    held_.push_back({.taken = *std::move(taken), .token = spot->token});
  }

  void die(int seconds) {
    if (!may_die_) return;
    RC_ASSERT(run_in_child([&] {
                auto* forgotten =
                    new std::optional<Taken<int>>(deque_.take_front(std::chrono::seconds{seconds}));
                return forgotten->has_value() ? 1 : 2;
              }).exit_code == (begin_and_die(seconds) ? 1 : 2));
  }

  bool begin_and_die(int seconds) {
    const Place spot = begin_take(true, seconds);
    if (spot != spots_.end()) spot->is_orphan = true;
    return spot != spots_.end();
  }

  void settle(const TakeStep& step) {
    if (held_.empty()) return;
    const auto at = held_.begin() + static_cast<std::ptrdiff_t>(step.index % held_.size());
    const Place spot = std::ranges::find(spots_, at->token, &Spot::token);
    const bool is_mine = spot != spots_.end();
    const bool is_dropped = step.action == TakeAction::drop;
    if (!is_dropped) RC_ASSERT(is_mine == does(at->taken, step));
    if (step.action == TakeAction::extend) {
      if (is_mine) spot->lease_end = now_ + step.seconds;
      return;
    }
    if (is_mine && step.action == TakeAction::done) spots_.erase(spot);
    if (is_mine && step.action != TakeAction::done) come_back(spot);
    held_.erase(at);
  }

  static bool does(Taken<int>& taken, const TakeStep& step) {
    try {
      if (step.action == TakeAction::done) taken.done();
      if (step.action == TakeAction::give_back) taken.give_back();
      if (step.action == TakeAction::extend) taken.extend(std::chrono::seconds{step.seconds});
      return true;
    } catch (const Error& error) {
      RC_ASSERT(error.kind() == ErrorKind::invalid_argument);
      return false;
    }
  }

  void requeue() {
    RC_ASSERT(deque_.requeue_dead_letters() == dead_.size());
    for (const int value : dead_) spots_.push_back({.number = next_back_++, .value = value});
    dead_.clear();
  }

  // Items that are there go one after the other from the back to the front.
  void rotate(std::uint64_t steps) {
    const std::uint64_t size = present().size();
    deque_.rotate(static_cast<std::int64_t>(steps));
    if (size < 2) return;
    const std::uint64_t moved = steps % size;
    const bool from_back = moved <= size / 2;
    for (std::uint64_t i = from_back ? moved : size - moved; i > 0; --i) {
      const Place spot = end_of(!from_back);
      const Spot moving = *spot;
      spots_.erase(spot);
      spots_.insert(from_back ? spots_.begin() : spots_.end(), moving);
    }
  }

  ManualClock& clock_;
  Deque<int> deque_;
  bool may_die_;
  std::vector<Spot> spots_;
  std::vector<int> dead_;
  std::vector<Held> held_;
  std::optional<std::uint64_t> limit_;
  std::int64_t now_ = 0;
  std::int64_t next_back_ = 0;
  std::int64_t next_front_ = -1;
  std::uint64_t last_token_ = 0;
  int next_value_ = 0;
};

}  // namespace

class DequeTakeModelTest : public OnEachEngine {};

INSTANTIATE_TEST_SUITE_P(Engines, DequeTakeModelTest,
                         testing::Values(memory_engine(), lmdb_engine()), engine_name);

TEST_P(DequeTakeModelTest, agrees_with_a_list) {
  engine_.reset();
  ManualClock clock;
  engine_ = GetParam().open({.directory = dir_ / "db", .hooks = {.clock = &clock}});
  int name = 0;
  ASSERT_TRUE(rc::check([&] {
    Subject subject(engine_, clock, std::to_string(name++), is_persistent());
    for (const TakeStep& step : *rc::gen::container<std::vector<TakeStep>>(take_steps())) {
      subject.run(step);
      subject.check();
    }
  }));
  engine_.reset();  // before its clock
}

}  // namespace larder::test
