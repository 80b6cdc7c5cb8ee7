// SPDX-License-Identifier: Apache-2.0
//
// Functions that keep their results: in memory, on disk, or both.
#include "larder/memo/memoize.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "larder/core/thread_pool.h"
#include "larder/memo/memoize_async.h"

using namespace std::chrono_literals;

namespace {

int runs = 0;

double simulate(double energy, int steps, bool verbose) {
  ++runs;
  if (verbose) std::cout << "simulating\n";
  return energy * steps;
}

int season(int grams) { return grams / 100; }

int boil(int grams) { return grams * 3 / 2 + season(grams); }

void in_memory() {
  //! [memory]
  auto square = larder::memoize(larder::MemoryOptions{.max_entries = 128}, [](int x) {
    std::cout << "computing " << x << "\n";
    return x * x;
  });
  std::cout << square(12) << "\n";
  std::cout << square(12) << "\n";  // nothing is computed
  //! [memory]

  //! [recursion]
  std::function<std::uint64_t(int)> fibonacci;
  fibonacci = larder::memoize(larder::MemoryOptions{}, [&](int n) -> std::uint64_t {
    return n < 2 ? static_cast<std::uint64_t>(n) : fibonacci(n - 1) + fibonacci(n - 2);
  });
  std::cout << fibonacci(90) << "\n";
  //! [recursion]

  //! [handles]
  std::cout << square.stats().hits << " hit, " << square.stats().misses << " miss\n";
  std::cout << square.key(12).to_string() << "\n";
  if (square.lookup(13) == nullptr) std::cout << "13 is not there\n";
  square.forget(12);
  square.clear();
  //! [handles]
}

void on_disk() {
  //! [cache]
  larder::Cache cache = larder::Cache::temporary();  // or Cache::open({.path = "results"})
  auto run = larder::memoize(cache, simulate,
                             {.name = "simulate",
                              .version = "2",
                              .keys = {.names = {"energy", "steps", "verbose"},
                                       .ignore = {"verbose"},
                                       .rounding = larder::Rounding{.decimals = 3}},
                              .defaults = {{}, 100, false}});
  std::cout << run(1.5) << "\n";
  std::cout << run(1.5, 100) << "\n";                           // the default, given
  std::cout << run(1.5, larder::arg("verbose", true)) << "\n";  // ignored
  std::cout << run(1.50001) << "\n";                            // the same to 3 digits
  std::cout << run(larder::arg("steps", 100), larder::arg("energy", 1.5)) << "\n";  // by name
  std::cout << runs << " run\n";
  //! [cache]

  //! [tiers]
  auto fast = larder::memoize(larder::ObjectTier<double>(cache), simulate,
                              {.name = "simulate", .version = "2"});
  //! [tiers]
  std::cout << fast(1.5, 100, false) << "\n";

  //! [keep_if]
  auto find_user = larder::memoize(
      cache, [](int id) { return id == 7 ? std::optional<std::string>("Ada") : std::nullopt; },
      {.name = "find_user", .keep_if = [](const auto& user) { return user.has_value(); }});
  //! [keep_if]
  std::cout << find_user(7).value_or("nobody") << ", " << find_user(8).value_or("nobody") << "\n";

  //! [marks]
  auto cook = larder::memoize(cache, boil,
                              {.name = "cook",
                               .fingerprint = {.tag = "stove 2", .stable = {"logging::"}},
                               .depends_on = {season}});
  //! [marks]
  std::cout << cook(200) << "\n";

  //! [refresh]
  larder::ThreadPool pool(2);
  larder::LoadOptions load{.put = {.ttl = 1h, .stale_for = 24h, .tags = {"news"}},
                           .early_refresh = 1.0,
                           .refresh_on = pool.executor()};
  auto news = larder::memoize(cache, [](const std::string& topic) { return "news about " + topic; },
                              {.name = "news", .load = load});
  //! [refresh]
  std::cout << news("C++") << "\n";
}

void with_an_archive() {
  //! [archive]
  larder::MemoryHooks hooks{.archive = larder::archive_in(larder::Cache::temporary())};
  auto f = larder::memoize(larder::Memory{.options = {.max_entries = 2}, .hooks = hooks},
                           [](int x) { return std::vector<int>(3, x); }, {.name = "f"});
  for (const int x : {1, 2, 3}) f(x);
  f(1);  // was evicted, and comes back from the archive
  std::cout << f.stats().misses << " computed, " << f.stats().loads << " loaded\n";
  const std::shared_ptr<const std::vector<int>> large = f.share(1);  // no copy
  f.dump();  // the rest goes to the archive, too
  //! [archive]
  std::cout << large->size() << "\n";
}

//! [safe]
struct Connection {
  void* handle = nullptr;
};

int count_rows(const Connection& /*connection*/, const std::string& table) {
  return static_cast<int>(table.size());
}
//! [safe]

void without_keys() {
  //! [safe_use]
  auto count = larder::safe_memoize(larder::MemoryOptions{}, count_rows,
                                    {.keys = {.names = {"connection"}, .ignore = {"connection"}}});
  //! [safe_use]
  std::cout << count(Connection(), "users") << "\n";
}

void without_blocking() {
  larder::Cache plain = larder::Cache::temporary();
  //! [async]
  larder::AsyncCache cache(plain);  // see docs/cache/async.md
  auto length =
      larder::memoize_async(cache,
                            [](const std::string& text) {
                              return std::async(std::launch::async, [text] { return text.size(); });
                            },
                            {.name = "length"});
  std::future<std::size_t> result = length("a function that takes its time").future();
  //! [async]
  std::cout << result.get() << "\n";
}

}  // namespace

int main() {
  in_memory();
  on_disk();
  with_an_archive();
  without_keys();
  without_blocking();
}
