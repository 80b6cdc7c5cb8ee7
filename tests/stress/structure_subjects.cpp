// SPDX-License-Identifier: Apache-2.0
#include "stress/structure_subjects.h"

#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "larder/sync/lock.h"
#include "larder/sync/semaphore.h"
#include "stress/structure_models.h"

namespace larder::test {

namespace {

constexpr const char* name = "name";

/// Values that nobody else makes.
class Values {
 public:
  explicit Values(int process) : next_(std::int64_t{1'000'000} * (process + 1)) {}
  std::int64_t next() { return next_++; }

 private:
  std::int64_t next_;
};

class DequeWorker : public HistoryWorker {
 public:
  DequeWorker(const EnginePtr& engine, int process) : deque_(engine, name), values_(process) {}

  Event next(Random& random) override {
    const std::uint64_t dice = random.below(100);
    Event event{.action = dice < 25   ? Action::push_front
                          : dice < 50 ? Action::push_back
                          : dice < 72 ? Action::pop_front
                          : dice < 94 ? Action::pop_back
                                      : Action::size};
    if (event.action == Action::push_front || event.action == Action::push_back) {
      event.argument = values_.next();
    }
    return event;
  }

  std::int64_t perform(const Event& event) override {
    switch (event.action) {
      case Action::push_front:
        deque_.push_front(event.argument);
        return 0;
      case Action::push_back:
        deque_.push_back(event.argument);
        return 0;
      case Action::pop_front:
        return deque_.pop_front().value_or(Event::absent);
      case Action::pop_back:
        return deque_.pop_back().value_or(Event::absent);
      default:
        return static_cast<std::int64_t>(deque_.size());
    }
  }

 protected:
  Deque<std::int64_t>& items() { return deque_; }

 private:
  Deque<std::int64_t> deque_;
  Values values_;
};

class CarelessDequeWorker final : public DequeWorker {
 public:
  using DequeWorker::DequeWorker;

  std::int64_t perform(const Event& event) override {
    if (event.action != Action::pop_front) return DequeWorker::perform(event);
    const std::int64_t value = items().peek_front().value_or(Event::absent);
    std::this_thread::yield();
    items().pop_front();
    return value;
  }
};

class IndexWorker final : public HistoryWorker {
 public:
  IndexWorker(const EnginePtr& engine, int process) : index_(engine, name), values_(process) {}

  Event next(Random& random) override {
    const std::uint64_t dice = random.below(100);
    Event event{.key = static_cast<int>(random.below(3)),
                .action = dice < 30   ? Action::get
                          : dice < 60 ? Action::put
                          : dice < 70 ? Action::set_default
                          : dice < 90 ? Action::pop
                                      : Action::pop_first};
    if (event.action == Action::put || event.action == Action::set_default) {
      event.argument = values_.next();
    }
    return event;
  }

  std::int64_t perform(const Event& event) override {
    switch (event.action) {
      case Action::get:
        return index_.get(event.key).value_or(Event::absent);
      case Action::put:
        return index_.put(event.key, event.argument) ? 1 : 0;
      case Action::set_default:
        return index_.set_default(event.key, event.argument);
      case Action::pop:
        return index_.pop(event.key).value_or(Event::absent);
      default: {
        const auto first = index_.pop_first();
        return first ? first->second : Event::absent;
      }
    }
  }

 private:
  Index<std::int64_t, std::int64_t> index_;
  Values values_;
};

/// Takes parts of what a lock or semaphore has, and waits only while it has none.
template <typename Lockable>
class PermitWorker final : public HistoryWorker {
 public:
  PermitWorker(Lockable lock, int most) : lock_(std::move(lock)), most_(most) {}

  Event next(Random& random) override {
    const std::uint64_t dice = random.below(10);
    if (held_ == 0) return {.action = dice < 6 ? Action::acquire : Action::try_acquire};
    if (held_ < most_ && dice < 3) return {.action = Action::try_acquire};
    return {.action = Action::release};
  }

  std::int64_t perform(const Event& event) override {
    if (event.action == Action::release) {
      lock_.unlock();
      --held_;
      return 0;
    }
    if (event.action == Action::acquire) {
      lock_.lock();
    } else if (!lock_.try_lock()) {
      return Event::absent;
    }
    ++held_;
    return static_cast<std::int64_t>(lock_.token());
  }

  [[nodiscard]] bool is_idle() const override { return held_ == 0; }

 private:
  Lockable lock_;
  int most_;
  int held_ = 0;
};

template <typename Worker>
std::unique_ptr<HistoryWorker> make(const EnginePtr& engine, int process) {
  return std::make_unique<Worker>(engine, process);
}

}  // namespace

HistorySubject deque() { return {.worker = make<DequeWorker>, .is_right = is_right_deque}; }

HistorySubject careless_deque() {
  return {.worker = make<CarelessDequeWorker>, .is_right = is_right_deque};
}

HistorySubject index() { return {.worker = make<IndexWorker>, .is_right = is_right_index}; }

HistorySubject lock() {
  return {.worker = [](const EnginePtr& engine,
                       int) { return std::make_unique<PermitWorker<Lock>>(Lock(engine, name), 1); },
          .is_right = [](const History& history) { return is_right_permits(history, 1); },
          .releases_when_killed = 1};
}

HistorySubject semaphore() {
  return {.worker =
              [](const EnginePtr& engine, int) {
                return std::make_unique<PermitWorker<Semaphore>>(Semaphore(engine, name, 2), 2);
              },
          .is_right = [](const History& history) { return is_right_permits(history, 2); },
          .releases_when_killed = 2};
}

}  // namespace larder::test
