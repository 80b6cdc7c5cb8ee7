// SPDX-License-Identifier: Apache-2.0
#include "structures/loops.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/usage.h"
#include "larder/cache/cache.h"
#include "larder/cache/queue.h"
#include "larder/container/deque.h"
#include "larder/container/index.h"
#include "larder/sync/averager.h"
#include "larder/sync/lock.h"
#include "larder/sync/rate_limiter.h"
#include "larder/sync/rlock.h"
#include "larder/sync/semaphore.h"
#include "larder/sync/wrap.h"
#include "structures/shared_number.h"

namespace larder::bench {
namespace {

using nlohmann::json;

/// What the numbers of items are spread by, so that neighbours are not used one after the other.
constexpr std::uint64_t stride = 7919;
constexpr std::int64_t rotated = 10;
/// Of the cache that is always full.
constexpr std::uint64_t full_entries = 20'000;

std::string text(std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 100 - digits.size(), '0');
  return digits;
}

class Loops {
 public:
  explicit Loops(const std::filesystem::path& folder)
      : engine_(open_lmdb({.path = folder / "engine"})),
        deque_(engine_, "deque"),
        handed_over_(engine_, "handed over"),
        index_(engine_, "index"),
        lock_(engine_, "lock"),
        rlock_(engine_, "rlock"),
        semaphore_(engine_, "semaphore", 4),
        averager_(engine_, "averager"),
        queue_(Cache::open({.path = folder / "queue"}), "queue"),
        full_(Cache::open({.path = folder / "full",
                           .settings = {.max_entries = full_entries, .eviction = Eviction::fifo}})),
        held_(folder / "held") {}

  json run(const json& request) {
    calls_ = request.at("calls");
    seconds_ = request.at("seconds");
    times_.clear();
    error_.clear();
    const double cpu_before = cpu_us();
    const std::uint64_t begin = now_ns();
    try {
      loops_.at(request.at("loop").get<std::string>())();
    } catch (const std::exception& failure) {
      error_ = failure.what();
    }
    const std::uint64_t end = now_ns();
    engine_->sync();
    const std::uint64_t flushed = now_ns();
    wait_until_idle();
    return {{"error", error_},
            {"begin_ns", begin},
            {"end_ns", end},
            {"flush_ns", flushed - end},
            {"cpu_us", cpu_us() - cpu_before},
            {"times_ns", times_}};
  }

 private:
  template <typename Call>
  void time(Call call) {
    const std::uint64_t start = now_ns();
    call();
    times_.push_back(now_ns() - start);
  }

  void expect(const std::optional<std::string>& got, std::uint64_t wanted) {
    if (got != text(wanted)) error_ = "got " + got.value_or("nothing") + " for " + text(wanted);
  }

  void append() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      const std::string item = text(next_);
      time([&] { deque_.push_back(item); });
      model_.push_back(next_++);
    }
  }

  void appendleft() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      const std::string item = text(next_);
      time([&] { deque_.push_front(item); });
      model_.push_front(next_++);
    }
  }

  void pop() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      std::optional<std::string> item;
      time([&] { item = deque_.pop_back(); });
      expect(item, model_.back());
      model_.pop_back();
    }
  }

  void popleft() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      std::optional<std::string> item;
      time([&] { item = deque_.pop_front(); });
      expect(item, model_.front());
      model_.pop_front();
    }
  }

  void read_at() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      const std::uint64_t index = i * stride % model_.size();
      std::optional<std::string> item;
      time([&] { item = deque_.get(index); });
      expect(item, model_.at(index));
    }
  }

  void rotate() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      time([&] { deque_.rotate(rotated); });
      std::rotate(model_.begin(), model_.end() - rotated, model_.end());
    }
    expect(deque_.peek_front(), model_.front());
  }

  void index_put() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      const std::string key = text(i * stride % calls_);
      time([&] { index_.put(key, key); });
    }
  }

  void index_get() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      const std::string key = text(i);
      std::optional<std::string> value;
      time([&] { value = index_.get(key); });
      expect(value, i);
    }
  }

  void index_pop() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      const std::string key = text(i);
      std::optional<std::string> value;
      time([&] { value = index_.pop(key); });
      expect(value, i);
    }
  }

  void queue_push() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      const std::string item = text(i);
      time([&] { queue_.push(item); });
    }
  }

  void queue_pull() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      std::optional<QueueItem<std::string>> item;
      time([&] { item = queue_.pull<std::string>(); });
      expect(item ? std::optional(item->value) : std::nullopt, i);
    }
  }

  void evict_put() {
    for (std::uint64_t i = 0; i < full_entries; ++i) full_.put(text(i), text(i));
    for (std::uint64_t i = 0; i < calls_; ++i) {
      const std::string key = text(full_entries + i);
      time([&] { full_.put(key, key); });
    }
    expect(full_.get<std::string>(text(calls_ + 1)), calls_ + 1);
    if (full_.size() > full_entries) error_ = "a limit that does not hold";
  }

  template <typename Lockable>
  void pass(Lockable& lockable) {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      time([&] {
        lockable.lock();
        lockable.unlock();
      });
    }
  }

  void throttle() {
    const RateLimit more_than_is_used{.count = 1'000'000'000};
    std::uint64_t called = 0;
    auto function = throttled([&] { ++called; }, RateLimiter(engine_, "rate", more_than_is_used));
    for (std::uint64_t i = 0; i < calls_; ++i) time(function);
    if (called != calls_) error_ = "a call is missing";
  }

  void average() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      time([&] { averager_.add(static_cast<double>(i)); });
    }
    if (averager_.pop() != static_cast<double>(calls_ - 1) / 2.0) error_ = "a wrong average";
  }

  /// The times are those of the waits.
  void contend() {
    const auto limit = now_ns() + static_cast<std::uint64_t>(seconds_ * 1e9);
    while (now_ns() < limit) {
      time([&] { lock_.lock(); });
      const std::lock_guard guard(lock_, std::adopt_lock);
      held_.add_one();
    }
  }

  /// Not so often that the other side could be behind.
  void give() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
      handed_over_.push_back(now_ns());
    }
  }

  /// The times are those from before an item is given until it is here.
  void take() {
    for (std::uint64_t i = 0; i < calls_; ++i) {
      const std::optional<std::uint64_t> given =
          handed_over_.pop_front_within(std::chrono::seconds{10});
      if (!given) throw std::runtime_error("nothing was handed over");
      times_.push_back(now_ns() - *given);
    }
  }

  EnginePtr engine_;
  Deque<std::string> deque_;
  Deque<std::uint64_t> handed_over_;
  Index<std::string, std::string> index_;
  Lock lock_;
  RLock rlock_;
  Semaphore semaphore_;
  Averager averager_;
  Queue queue_;
  Cache full_;
  SharedNumber held_;

  std::deque<std::uint64_t> model_;  ///< What the items of `deque_` are to be.
  std::uint64_t next_ = 0;
  std::uint64_t calls_ = 0;
  double seconds_ = 0.0;
  std::vector<std::uint64_t> times_;
  std::string error_;

  const std::map<std::string, std::function<void()>> loops_ = {
      {"deque_append", [&] { append(); }},
      {"deque_appendleft", [&] { appendleft(); }},
      {"deque_pop", [&] { pop(); }},
      {"deque_popleft", [&] { popleft(); }},
      {"deque_at", [&] { read_at(); }},
      {"deque_rotate", [&] { rotate(); }},
      {"index_put", [&] { index_put(); }},
      {"index_get", [&] { index_get(); }},
      {"index_pop", [&] { index_pop(); }},
      {"lock", [&] { pass(lock_); }},
      {"rlock", [&] { pass(rlock_); }},
      {"semaphore", [&] { pass(semaphore_); }},
      {"throttle", [&] { throttle(); }},
      {"averager_add", [&] { average(); }},
      {"contend", [&] { contend(); }},
      {"give", [&] { give(); }},
      {"take", [&] { take(); }},
      {"queue_push", [&] { queue_push(); }},
      {"queue_pull", [&] { queue_pull(); }},
      {"evict_put", [&] { evict_put(); }},
  };
};

}  // namespace

void serve_loops(const std::filesystem::path& folder) {
  Loops loops(folder);
  std::string line;
  while (std::getline(std::cin, line)) {
    const json request = json::parse(line);
    std::cout << "ready" << '\n' << std::flush;
    std::getline(std::cin, line);
    std::cout << loops.run(request) << '\n' << std::flush;
  }
}

}  // namespace larder::bench
