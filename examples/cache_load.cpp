// SPDX-License-Identifier: Apache-2.0
//
// A page that is expensive to make and wanted by many at once.
#include <atomic>
#include <chrono>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "larder/cache/cache.h"

using namespace std::chrono_literals;

int main() {
  larder::Cache cache = larder::Cache::temporary();

  //! [load]
  std::atomic<int> times{0};
  const auto make_page = [&] {
    ++times;
    std::this_thread::sleep_for(50ms);  // a slow query
    return std::string("<h1>Welcome</h1>");
  };

  std::vector<std::thread> visitors;
  visitors.reserve(16);
  for (int i = 0; i < 16; ++i) {
    visitors.emplace_back([&] { cache.get_or_load("page", make_page, {.put = {.ttl = 1min}}); });
  }
  for (std::thread& visitor : visitors) visitor.join();
  std::cout << "made " << times << " time\n";
  //! [load]

  //! [absent]
  const auto find_user = [](int id) {
    return [id] { return id == 7 ? std::optional<std::string>("Ada") : std::nullopt; };
  };
  for (const int id : {7, 8}) {
    const auto user = cache.get_or_load(id, find_user(id), {.absent_ttl = 10s});
    std::cout << id << ": " << user.value_or("nobody") << "\n";
  }
  //! [absent]

  //! [stale]
  std::vector<std::function<void()>> queue;  // of a thread pool, say
  const larder::LoadOptions options{
      .put = {.ttl = 1ms, .stale_for = 1h},
      .refresh_on = [&](std::function<void()> task) { queue.push_back(std::move(task)); }};
  int version = 0;
  const auto load = [&] { return ++version; };

  cache.get_or_load("news", load, options);
  std::this_thread::sleep_for(5ms);  // now it has expired
  std::cout << "at once: version " << cache.get_or_load("news", load, options) << "\n";
  for (const auto& task : queue) task();
  std::cout << "renewed in the background: version " << version << "\n";
  //! [stale]
}
