// SPDX-License-Identifier: Apache-2.0
#include "core/wait_circle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "larder/core/mutex.h"
#include "support/child.h"

namespace larder {
namespace {

/// A thread that does what it is told, one thing after the other.
class Actor {
 public:
  Actor() : thread_([this] { work(); }) {}
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  ~Actor() {
    tell([this] {
      wait_.reset();
      held_.clear();
      is_over_ = true;
    });
    thread_.join();
  }

  void take(WaitLabel& label) {
    tell([&] { held_.push_back(std::make_unique<HeldLabel>(label)); });
  }
  void wait_for(const WaitLabel& label) {
    tell([&] { wait_.emplace(label); });
  }
  void give_up() {
    tell([&] { wait_.reset(); });
  }
  bool look() {
    bool is_circle = false;
    tell([&] { is_circle = wait_->is_in_circle(); });
    return is_circle;
  }

 private:
  void tell(std::function<void()> task) {
    std::packaged_task<void()> packaged(std::move(task));
    std::future<void> done = packaged.get_future();
    {
      const MutexLock lock(mutex_);
      next_ = std::move(packaged);
    }
    told_.notify_one();
    done.get();
  }

  void work() {
    while (!is_over_) {
      std::packaged_task<void()> task;
      {
        const MutexLock lock(mutex_);
        while (!next_.valid()) told_.wait(mutex_);
        task = std::move(next_);
      }
      task();
    }
  }

  Mutex mutex_;
  CondVar told_;
  std::packaged_task<void()> next_ LARDER_GUARDED_BY(mutex_);
  bool is_over_ = false;
  std::vector<std::unique_ptr<HeldLabel>> held_ = {};
  std::optional<Wait> wait_ = std::nullopt;
  std::thread thread_;  // the last: it uses the others
};

constexpr std::size_t many = 5;

/// Actors each of which has a label.
struct Round {
  Round() {
    for (std::size_t i = 0; i < many; ++i) actors.at(i).take(labels.at(i));
  }

  /// How many of `actors` see a circle while each looks `times` times.
  [[nodiscard]] int look(std::size_t times = many + 1) {
    std::array<bool, many> told{};
    for (std::size_t t = 0; t < times; ++t) {
      for (std::size_t i = 0; i < many; ++i) told.at(i) |= waits.at(i) && actors.at(i).look();
    }
    return static_cast<int>(std::count(told.begin(), told.end(), true));
  }
  void wait(std::size_t who, std::size_t for_whom) {
    actors.at(who).wait_for(labels.at(for_whom));
    waits.at(who) = true;
  }

  std::array<WaitLabel, many> labels{};
  std::array<Actor, many> actors{};
  std::array<bool, many> waits{};
};

TEST(WaitCircle, one_of_a_circle_is_told_whoever_waits_first) {
  for (std::size_t first = 0; first < many; ++first) {
    for (const std::size_t step : {std::size_t{1}, many - 1}) {
      Round round;
      for (std::size_t i = 0; i < many; ++i) {
        const std::size_t who = (first + i * step) % many;
        round.wait(who, (who + 1) % many);
      }
      EXPECT_EQ(round.look(), 1);
    }
  }
}

TEST(WaitCircle, chain_is_no_circle) {
  Round round;
  for (std::size_t i = 0; i + 1 < many; ++i) round.wait(i, i + 1);
  EXPECT_EQ(round.look(), 0);
}

TEST(WaitCircle, who_waits_for_a_circle_is_not_in_it) {
  Round round;
  for (std::size_t i = 2; i < many; ++i) round.wait(i, i + 1 == many ? 2 : i + 1);
  round.wait(1, 2);
  round.wait(0, 1);
  std::array<bool, many> told{};
  for (std::size_t t = 0; t < 2 * many; ++t) {
    for (std::size_t i = 0; i < many; ++i) told.at(i) |= round.actors.at(i).look();
  }
  EXPECT_FALSE(told[0] || told[1]);
  EXPECT_TRUE(told[2] || told[3] || told[4]);
}

TEST(WaitCircle, who_gave_up_waits_for_nobody) {
  Round round;
  for (std::size_t i = 0; i + 1 < many; ++i) round.wait(i, i + 1);
  EXPECT_EQ(round.look(), 0);
  round.actors[2].give_up();
  round.waits[2] = false;
  round.wait(many - 1, 0);
  EXPECT_EQ(round.look(2 * many), 0);
}

TEST(WaitCircle, circle_with_a_label_that_nobody_knows_is_found_in_time) {
  Round round;
  for (std::size_t i = 0; i < many; ++i) round.wait(i, (i + 1) % many);
  // As one that died after it had passed on a label leaves it.
  round.labels[3].store(~std::uint64_t{0} >> 1U);
  bool is_told = false;
  const SteadyTime end = Clock::system().steady_now() + std::chrono::seconds{60};
  while (!is_told && Clock::system().steady_now() < end) is_told = round.look(1) != 0;
  EXPECT_TRUE(is_told);
}

TEST(WaitCircle, child_of_a_fork_leaves_the_labels_of_its_parent_alone) {
  WaitLabel mine{};
  const WaitLabel other{};
  std::optional<HeldLabel> held(std::in_place, mine);
  mine.store(7);
  EXPECT_TRUE(test::run_in_child([&] {
                Wait wait(other);
                if (wait.is_in_circle() || mine.load() != 7) return 1;
                held.reset();
                return mine.load() == 7 ? 0 : 2;
              }).is_good());
}

}  // namespace
}  // namespace larder
