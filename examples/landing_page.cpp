// SPDX-License-Identifier: Apache-2.0
//
// A page that takes long to render, expires all the time, and is wanted by everybody at once. What
// was measured goes to standard error: it is another number each time.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/core/thread_pool.h"

using namespace std::chrono_literals;

namespace {

using Time = std::chrono::steady_clock;

constexpr int visitors = 4;
constexpr int renders_wanted = 6;

// Returns how many requests after the first had to wait for a render.
std::uint64_t run(const char* name, larder::LoadOptions options) {
  larder::Cache cache = larder::Cache::temporary();
  std::atomic<int> renders{0};
  std::atomic<std::int64_t> worst_us{0};
  larder::ThreadPool pool(2);  // after all that the loader refers to: goes first
  if (options.early_refresh > 0) options.refresh_on = pool.executor();
  const auto request = [&] {
    return cache.get_or_load(
        "landing page",
        [&] {
          std::this_thread::sleep_for(40ms);  // templates, databases
          return "<h1>Welcome</h1> version " + std::to_string(++renders);
        },
        options);
  };
  request();
  cache.reset_stats();

  std::vector<std::thread> threads;
  threads.reserve(visitors);
  for (int i = 0; i < visitors; ++i) {
    threads.emplace_back([&] {
      while (renders < renders_wanted) {
        const auto begin = Time::now();
        request();
        const std::int64_t took_us = (Time::now() - begin) / 1us;
        std::int64_t worst = worst_us;
        while (took_us > worst && !worst_us.compare_exchange_weak(worst, took_us)) {
        }
        std::this_thread::sleep_for(1ms);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  const larder::CacheStats stats = cache.stats();
  std::cerr << name << ": " << renders << " renders, " << stats.hits + stats.misses
            << " requests, of which " << stats.misses << " waited; the worst took "
            << worst_us / 1000 << " ms\n";
  return stats.misses;
}

}  // namespace

int main() {
  //! [options]
  const larder::LoadOptions plain{.put = {.ttl = 200ms}};
  const larder::LoadOptions early{.put = {.ttl = 200ms, .stale_for = 1min}, .early_refresh = 1.0};
  //! [options]

  const bool has_waited = run("without early refresh", plain) > 0;
  std::cout << "without early refresh: " << (has_waited ? "requests" : "no request")
            << " waited whenever the page had expired\n";
  const bool has_waited_early = run("with early refresh", early) > 0;
  std::cout << "with early refresh: " << (has_waited_early ? "requests" : "no request")
            << " waited after the first\n";
}
