// SPDX-License-Identifier: Apache-2.0
//
// A server with one thread that must never wait: a tiny event loop, and a cache that answers on it.
#include "larder/cache/async.h"

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

using namespace std::chrono_literals;

namespace {

// Stands for the loop of your program: whatever it is called there, it has a way to be given a
// function by another thread.
class Loop {
 public:
  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }

  void run_until(const std::function<bool()>& condition) {
    while (!condition()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !tasks_.empty(); });
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
};

// Stands for the coroutine type of your program.
struct Fire {
  struct promise_type {  // NOLINT(readability-identifier-naming): a name of the language
    Fire get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

std::string render(const std::string& name) {
  std::this_thread::sleep_for(20ms);  // a slow query
  return "<h1>" + name + "</h1>";
}

//! [coroutine]
Fire serve(larder::AsyncCache& cache, std::string name, int& served) {
  auto load = cache.get_or_load(name, [name] { return render(name); }, {.put = {.ttl = 1min}});
  const std::string page = co_await std::move(load);
  const std::int64_t views = co_await cache.incr("views of " + name);
  ++served;
  if (views == 1) std::cout << page << ", first view\n";
}
//! [coroutine]

Fire work(larder::AsyncCache& cache, const larder::Queue& jobs, bool& is_over) {
  //! [queue]
  while (auto job = co_await cache.pull_within<std::string>(100ms, jobs)) {
    std::cout << "job: " << job->value << "\n";
  }
  //! [queue]
  is_over = true;
}

Fire tidy(larder::AsyncCache& cache, bool& is_over) {
  //! [all]
  co_await cache.transact([](larder::Cache& all) {
    all.decr("here", 3);
    all.incr("there", 3);
  });
  const std::uint64_t users =
      co_await cache.read([](const larder::Cache& all) { return all.count({.tag = "user"}); });
  const std::uint64_t expired =
      co_await cache.write([](larder::Cache& all) { return all.expire(); });
  //! [all]
  std::cout << users << " users, " << expired << " expired\n";
  is_over = true;
}

}  // namespace

int main() {
  Loop loop;

  //! [open]
  larder::Cache plain = larder::Cache::temporary();
  larder::AsyncCache cache(
      plain, {.resume_on = [&](std::function<void()> task) { loop.post(std::move(task)); }});
  //! [open]

  int served = 0;
  for (int i = 0; i < 10; ++i) serve(cache, "home", served);
  std::cout << "ten requests begun, none has waited\n";
  loop.run_until([&] { return served == 10; });

  //! [callback]
  bool is_stored = false;
  cache.put("greeting", "hello").then([&](larder::AsyncResult<void> result) {
    std::move(result).get();  // throws what put() threw
    is_stored = true;
  });
  //! [callback]
  loop.run_until([&] { return is_stored; });

  //! [future]
  std::future<std::optional<std::string>> greeting =
      cache.get<std::string>("greeting").on([](const auto& task) { task(); }).future();
  std::cout << greeting.get().value() << "\n";  // where waiting is allowed
  //! [future]

  const larder::Queue jobs(plain, "jobs");
  bool is_over = false;
  work(cache, jobs, is_over);
  std::thread other([&] { larder::Queue(plain, "jobs").push("send mail"); });
  loop.run_until([&] { return is_over; });
  other.join();

  //! [limits]
  std::stop_source shutdown;
  bool has_given_up = false;
  cache.pull_within<std::string>(1h, jobs)
      .within(10s)
      .stopped_by(shutdown.get_token())
      .then([&](const auto& job) { has_given_up = !job; });
  shutdown.request_stop();
  //! [limits]
  loop.run_until([&] { return has_given_up; });
  std::cout << "gave up\n";

  bool is_tidy = false;
  tidy(cache, is_tidy);
  loop.run_until([&] { return is_tidy; });
}
