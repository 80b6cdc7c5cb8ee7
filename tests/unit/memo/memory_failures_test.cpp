// SPDX-License-Identifier: Apache-2.0

// Functions, archives and executors that fail: nothing that is still good is lost or hidden.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "larder/memo/memoize.h"
#include "larder/memo/memory.h"
#include "support/asleep.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

/// An archive that throws whatever is asked of it, and not even an exception.
class BrokenArchive final : public ResultArchive {
 public:
  [[nodiscard]] std::optional<ArchivedResult> get(const Key& /*key*/) override { throw 1; }
  void put(const Key& /*key*/, const ArchivedResult& /*result*/) override { throw 1; }
  void erase(const Key& /*key*/) override { throw 1; }
  [[nodiscard]] std::vector<Key> keys(const KeyPrefix& /*prefix*/) override { throw 1; }
};

class MemoryFailuresTest : public testing::Test {
 protected:
  using Options = MemoizeOptions<int(int)>;

  auto memoized(const MemoryOptions& memory, Options options) {
    return memoize(
        Memory{memory, hooks_},
        [this](int x) {
          ++calls_;
          if (is_down_) throw std::runtime_error("down");
          return x;
        },
        std::move(options));
  }

  std::atomic<int> calls_ = 0;
  bool is_down_ = false;
  ManualClock clock_;
  int reports_ = 0;
  MemoryHooks hooks_{.clock = &clock_,
                     .log = [this](LogLevel /*level*/, std::string_view) { ++reports_; }};
};

TEST_F(MemoryFailuresTest, archive_that_fails_is_reported_and_a_miss) {
  hooks_.archive = std::make_shared<BrokenArchive>();
  auto f = memoized({.max_entries = 1}, {.name = "f", .remember_errors_for = 1h});
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(2), 2);  // the first goes, but not to the archive
  EXPECT_EQ(f.load(), 0U);
  EXPECT_EQ(f.dump(), 0U);
  EXPECT_TRUE(f.forget(2));
  EXPECT_EQ(f(2), 2);
  EXPECT_GE(reports_, 6);
}

TEST_F(MemoryFailuresTest, failure_is_not_remembered_in_place_of_a_result_that_may_be_used) {
  auto f = memoized(
      {}, {.name = "f", .load = {.put = {.ttl = 10s, .stale_for = 1h}}, .remember_errors_for = 1h});
  EXPECT_EQ(f(1), 1);
  clock_.advance(11s);
  is_down_ = true;
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(1), 1);
  EXPECT_THROW(f(2), std::runtime_error);
  EXPECT_THROW(f(2), std::runtime_error);
  EXPECT_EQ(calls_, 4);
}

TEST_F(MemoryFailuresTest, executor_that_fails_is_reported_and_the_result_returned) {
  const auto full = [](const std::function<void()>&) { throw std::runtime_error("full"); };
  const LoadOptions load{.put = {.ttl = 10s, .stale_for = 1h}, .refresh_on = full};
  auto f = memoized({}, {.name = "f", .load = load});
  EXPECT_EQ(f(1), 1);
  clock_.advance(11s);
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(1), 1);  // nobody waits for a task that will never run
  EXPECT_EQ(reports_, 2);

  int told = 0;
  Cache cache =
      Cache::temporary({}, {.clock = &clock_, .log = [&](LogLevel, std::string_view) { ++told; }});
  auto g = memoize(cache, [](int x) { return x; }, {.name = "g", .load = load});
  EXPECT_EQ(g(1), 1);
  clock_.advance(11s);
  EXPECT_EQ(g(1), 1);
  EXPECT_EQ(told, 1);
}

TEST_F(MemoryFailuresTest, archive_makes_no_result_younger) {
  hooks_.archive = archive_in(Cache::temporary());
  auto f = memoized({.max_entries = 1}, {.name = "f", .load = {.max_age = 10s}});
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(2), 2);
  clock_.advance(6s);
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(calls_, 2);
  clock_.advance(6s);
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(2), 2);
  EXPECT_EQ(calls_, 4);
  EXPECT_EQ(f.load(), 0U);  // there is no room
}

TEST_F(MemoryFailuresTest, who_waits_gets_the_result_also_where_none_is_kept) {
  constexpr std::size_t callers = 8;
  for (const MemoryOptions memory : {MemoryOptions{.max_entries = 0}, MemoryOptions{}}) {
    std::atomic<int> calls = 0;
    std::array<std::atomic<pid_t>, callers> threads = {};
    auto f = memoize(memory,
                     [&](int x) {
                       ++calls;
                       for (const auto& thread : threads) {
                         while (thread == 0) std::this_thread::yield();
                         if (thread != ::gettid()) wait_until_asleep(thread);
                       }
                       return x;
                     },
                     {.name = "f", .load = {.put = {.ttl = 1us}}});
    std::vector<std::jthread> running;
    for (auto& thread : threads) {
      running.emplace_back([&] {
        thread = ::gettid();
        EXPECT_EQ(f(1), 1);
      });
    }
    running.clear();
    EXPECT_EQ(calls, 1);
  }
}

TEST(RefreshInACache, keeps_what_early_refresh_needs_and_loses_nothing) {
  Cache cache = Cache::temporary({.max_bytes = 1U << 20U});
  auto f = memoize(cache, [](int size) { return std::string(static_cast<std::size_t>(size), 'x'); },
                   {.name = "f"});
  EXPECT_EQ(f.refresh(5'000'000).size(), 5'000'000U);  // more than there is room for
  EXPECT_EQ(f.lookup(5'000'000), nullptr);
  EXPECT_EQ(f.refresh(10), std::string(10, 'x'));
  EXPECT_NE(f.lookup(10), nullptr);
}

struct Constant {
  const int value;
};

TEST(ResultsOfMemory, may_have_constant_members) {
  auto f = memoize(MemoryOptions{}, [](int x) { return Constant{x}; });
  EXPECT_EQ(f(3).value, 3);
  EXPECT_EQ(f(3).value, 3);
}

}  // namespace
}  // namespace larder::test
