// SPDX-License-Identifier: Apache-2.0

// Functions that give their results later, and callers that do not wait.

#include "larder/memo/memoize_async.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <future>
#include <latch>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/expect_kind.h"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

/// A coroutine that gives its result, or what it throws, to who awaits it: in another thread.
class LaterInt {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the language calls it so.
  struct promise_type {
    LaterInt get_return_object() {
      return LaterInt(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct GoOn {
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(
            std::coroutine_handle<promise_type> ended) const noexcept {
          return ended.promise().waiting;
        }
        void await_resume() const noexcept {}
      };
      return GoOn{};
    }
    void return_value(int result) { value = result; }
    void unhandled_exception() { error = std::current_exception(); }

    int value = 0;
    std::exception_ptr error = nullptr;
    std::coroutine_handle<> waiting = nullptr;
  };

  LaterInt(LaterInt&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  LaterInt& operator=(LaterInt&&) = delete;
  ~LaterInt() {
    if (coroutine_) coroutine_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    coroutine_.promise().waiting = waiting;
    std::thread([coroutine = coroutine_] { coroutine.resume(); }).detach();
  }
  int await_resume() {
    if (coroutine_.promise().error) std::rethrow_exception(coroutine_.promise().error);
    return coroutine_.promise().value;
  }

 private:
  explicit LaterInt(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

class MemoizeAsyncTest : public testing::Test {
 protected:
  Cache plain_ = Cache::temporary();
  AsyncCache cache_{plain_};
  std::atomic<int> calls_ = 0;
};

TEST_F(MemoizeAsyncTest, function_is_called_once_for_each_argument) {
  auto f = memoize_async(cache_,
                         [&](const std::string& text, int n) {
                           ++calls_;
                           return text + std::to_string(n);
                         },
                         {.name = "join"});
  EXPECT_EQ(f("a", 1).future().get(), "a1");
  EXPECT_EQ(f("a", 1).future().get(), "a1");
  EXPECT_EQ(f("a", 2).future().get(), "a2");
  EXPECT_EQ(calls_, 2);
}

TEST_F(MemoizeAsyncTest, results_are_those_of_memoize) {
  const auto twice = [](int x) { return 2 * x; };
  auto now = memoize(plain_, twice, {.name = "twice", .code = ""});
  auto later = memoize_async(cache_, twice, {.name = "twice", .code = ""});
  EXPECT_EQ(now.key(4), later.key(4));
  EXPECT_EQ(later(4).future().get(), 8);
  ASSERT_NE(now.lookup(4), nullptr);
  EXPECT_EQ(*now.lookup(4), 8);
}

TEST_F(MemoizeAsyncTest, future_of_a_result_is_waited_for) {
  auto f = memoize_async(cache_,
                         [&](int x) {
                           ++calls_;
                           return std::async(std::launch::async, [x] { return x + 1; });
                         },
                         {.name = "next"});
  static_assert(std::is_same_v<decltype(f(1).future().get()), int>);
  EXPECT_EQ(f(1).future().get(), 2);
  EXPECT_EQ(f(1).future().get(), 2);
  EXPECT_EQ(calls_, 1);
}

TEST_F(MemoizeAsyncTest, coroutine_is_awaited) {
  auto f = memoize_async(cache_,
                         [this](int x) -> LaterInt {
                           ++calls_;
                           co_return 3 * x;
                         },
                         {.name = "thrice"});
  static_assert(std::is_same_v<decltype(f(1).future().get()), int>);
  EXPECT_EQ(f(2).future().get(), 6);
  EXPECT_EQ(f(2).future().get(), 6);
  EXPECT_EQ(calls_, 1);
}

TEST_F(MemoizeAsyncTest, operation_on_another_cache_is_awaited) {
  AsyncCache other(Cache::temporary());
  other.put("a", std::string("value")).future().get();
  auto f =
      memoize_async(cache_, [&](const std::string& key) { return other.get<std::string>(key); },
                    {.name = "other"});
  EXPECT_EQ(f("a").future().get(), "value");
  EXPECT_EQ(f("b").future().get(), std::nullopt);
  other.erase("a").future().get();
  EXPECT_EQ(f("a").future().get(), "value");
}

TEST_F(MemoizeAsyncTest, exception_reaches_the_caller_and_is_not_kept) {
  auto f = memoize_async(cache_,
                         [&](int x) -> LaterInt {
                           if (++calls_ == 1) throw std::runtime_error("at first");
                           co_return x;
                         },
                         {.name = "flaky"});
  EXPECT_THROW(f(1).future().get(), std::runtime_error);
  EXPECT_EQ(f(1).future().get(), 1);
}

TEST_F(MemoizeAsyncTest, callers_of_one_result_wait_for_one_computation) {
  std::latch begun(1);
  std::latch may_end(1);
  auto f = memoize_async(cache_,
                         [&](int x) {
                           ++calls_;
                           begun.count_down();
                           may_end.wait();
                           return x;
                         },
                         {.name = "slow"});
  std::vector<std::future<int>> results;
  results.reserve(20);
  for (int i = 0; i < 20; ++i) results.push_back(f(7).future());
  begun.wait();
  may_end.count_down();
  for (std::future<int>& result : results) EXPECT_EQ(result.get(), 7);
  EXPECT_EQ(calls_, 1);
}

TEST_F(MemoizeAsyncTest, lookup_forget_and_refresh) {
  auto f = memoize_async(cache_, [&](int x) { return x + 100 * ++calls_; }, {.name = "changing"});
  EXPECT_EQ(f.lookup(1).future().get(), std::nullopt);
  EXPECT_EQ(f(1).future().get(), 101);
  EXPECT_EQ(f.refresh(1).future().get(), 201);
  EXPECT_EQ(f.lookup(1).future().get(), 201);
  EXPECT_TRUE(f.forget(1).future().get());
  EXPECT_FALSE(f.forget(1).future().get());
  EXPECT_EQ(f(1).future().get(), 301);
}

TEST_F(MemoizeAsyncTest, arguments_live_until_the_result_is_there) {
  auto f = memoize_async(cache_,
                         [](const std::vector<int>& all) { return static_cast<int>(all.size()); },
                         {.name = "size"});
  std::future<int> size = f(std::vector<int>(1000, 1)).future();
  EXPECT_EQ(size.get(), 1000);
}

TEST_F(MemoizeAsyncTest, what_keep_if_refuses_is_returned_and_not_kept) {
  auto f =
      memoize_async(cache_, [&](int x) { return x + ++calls_; },
                    {.name = "counting", .keep_if = [](int result) { return result % 2 == 0; }});
  EXPECT_EQ(f(0).future().get(), 1);
  EXPECT_EQ(f.lookup(0).future().get(), std::nullopt);
  EXPECT_EQ(f(0).future().get(), 2);
  EXPECT_EQ(f(0).future().get(), 2);
  EXPECT_EQ(f.refresh(0).future().get(), 3);
  EXPECT_EQ(f.lookup(0).future().get(), 2);
  EXPECT_EQ(calls_, 3);
}

TEST_F(MemoizeAsyncTest, who_waits_for_what_is_not_kept_computes_as_well) {
  std::latch begun(1);
  std::latch may_end(1);
  auto f = memoize_async(cache_,
                         [&](int x) {
                           if (++calls_ == 1) {
                             begun.count_down();
                             may_end.wait();
                           }
                           return x;
                         },
                         {.name = "never kept", .keep_if = [](int) { return false; }});
  std::vector<std::future<int>> results;
  for (int i = 0; i < 10; ++i) results.push_back(f(7).future());
  begun.wait();
  may_end.count_down();
  for (std::future<int>& result : results) EXPECT_EQ(result.get(), 7);
  EXPECT_EQ(calls_, 10);
}

TEST_F(MemoizeAsyncTest, empty_results_are_those_of_memoize) {
  // Not `2 * x`: clang 19.1 takes a carry of that for the mark of an optional that is not empty.
  const auto root = [this](int x) -> std::optional<int> {
    ++calls_;
    if (x < 0) return std::nullopt;
    return x;
  };
  auto now = memoize(plain_, root, {.name = "root", .code = ""});
  auto later = memoize_async(cache_, root, {.name = "root", .code = ""});
  EXPECT_EQ(later(-1).future().get(), std::nullopt);
  EXPECT_EQ(now(-1), std::nullopt);
  EXPECT_EQ(later(2).future().get(), 2);
  EXPECT_EQ(now(2), 2);
  EXPECT_EQ(calls_, 2);
}

TEST_F(MemoizeAsyncTest, refresh_keeps_what_stands_in_for_failures_and_joins_nobody) {
  bool is_down = false;
  auto f = memoize_async(cache_,
                         [&](int x) {
                           if (is_down) throw std::runtime_error("down");
                           return x + 10 * ++calls_;
                         },
                         {.name = "f", .load = {.put = {.ttl = 1us, .stale_for = 1h}}});
  EXPECT_EQ(f(1).future().get(), 11);
  EXPECT_EQ(f.refresh(1).future().get(), 21);
  is_down = true;
  EXPECT_EQ(f(1).future().get(), 21);
  EXPECT_THROW(f.refresh(1).future().get(), std::runtime_error);
  EXPECT_EQ(f(1).future().get(), 21);
}

TEST_F(MemoizeAsyncTest, uncached_and_clear) {
  auto f = memoize_async(cache_, [&](int x) { return x + 10 * ++calls_; }, {.name = "f"});
  auto g = memoize_async(cache_, [](int x) { return x; }, {.name = "g"});
  EXPECT_EQ(f(1).future().get(), 11);
  EXPECT_EQ(f.uncached(1).future().get(), 21);
  EXPECT_EQ(f(1).future().get(), 11);
  EXPECT_EQ(g(1).future().get(), 1);
  EXPECT_EQ(f.clear().future().get(), 1U);
  EXPECT_EQ(f.lookup(1).future().get(), std::nullopt);
  EXPECT_EQ(g.lookup(1).future().get(), 1);
}

TEST_F(MemoizeAsyncTest, results_in_memory) {
  AsyncCache memory{Cache(open_memory_engine())};
  auto f = memoize_async(memory, [&](int x) { return x + ++calls_; }, {.name = "f"});
  EXPECT_EQ(f(0).future().get(), 1);
  EXPECT_EQ(f(0).future().get(), 1);
}

TEST_F(MemoizeAsyncTest, refuses_what_it_has_not) {
  const auto f = [](int x) { return x; };
  expect_kind(ErrorKind::invalid_argument, [&] {
    static_cast<void>(
        memoize_async(cache_, f, {.name = "f", .remember_errors_for = std::chrono::seconds{1}}));
  });
}

TEST_F(MemoizeAsyncTest, arguments_are_left_out_or_named) {
  int calls = 0;
  const auto f = memoize_async(cache_, [&](int a, int b) { return ++calls, 10 * a + b; },
                               {.name = "f", .keys = {.names = {"a", "b"}}, .defaults = {{}, 2}});
  EXPECT_EQ(f(1).future().get(), 12);
  EXPECT_EQ(f(arg("b", 2), arg("a", 1)).future().get(), 12);
  EXPECT_EQ(f.lookup(1).future().get(), 12);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(f.refresh(1).future().get(), 12);
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(f.forget(1).future().get());
  EXPECT_EQ(f.key(1), f.key(1, 2));
}

}  // namespace
}  // namespace larder::test
