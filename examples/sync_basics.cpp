// SPDX-License-Identifier: Apache-2.0

// The code of docs/sync/README.md.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "larder/engine/engine.h"
#include "larder/sync/averager.h"
#include "larder/sync/barrier.h"
#include "larder/sync/counter.h"
#include "larder/sync/lock.h"
#include "larder/sync/once.h"
#include "larder/sync/rate_limiter.h"
#include "larder/sync/rw_lock.h"
#include "larder/sync/semaphore.h"
#include "larder/sync/wrap.h"

namespace {

using namespace std::chrono_literals;

void publish(std::uint64_t token) { std::cout << "published" << (token > 0 ? "\n" : "?\n"); }

void use_locks() {
  larder::EnginePtr engine = larder::open_lmdb({.path = "state"});
  larder::Lock lock(engine, "nightly");
  {
    const std::lock_guard guard(lock);
    publish(lock.token());
  }
  if (lock.try_lock_for(100ms)) lock.unlock();
}

void share(const larder::EnginePtr& engine) {
  larder::RWLock settings(engine, "settings");
  {
    const std::shared_lock reading(settings);  // with any number of others
    std::cout << "reading: " << settings.is_held() << "\n";
  }
  const std::lock_guard writing(settings);  // alone

  larder::Semaphore connections(engine, "connections", 2);
  const std::lock_guard one(connections);
  const std::lock_guard two(connections);
  std::cout << "a third connection: " << connections.try_lock() << "\n";
}

void meet(const larder::EnginePtr& engine) {
  larder::Counter done(engine, "done");
  const std::vector<int> steps = {1, 2, 3};
  const auto work = [&](int /*step*/) { done.add(); };
  const auto run = [&] {
    larder::Barrier barrier(engine, "step", 8);  // eight threads, in any processes
    for (const int step : steps) {
      work(step);
      barrier.arrive_and_wait();  // all go on together, or none
    }
    barrier.leave();
  };
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) threads.emplace_back(run);
  threads.clear();
  std::cout << done.get() << " steps\n";
}

std::string fetch(const std::string& url) { return "what is at " + url; }

void fetch_some(const larder::EnginePtr& engine) {
  auto fetch_politely =
      larder::throttled(fetch, larder::RateLimiter(engine, "example.org", {.count = 2}));
  std::cout << fetch_politely("example.org/a") << "\n" << fetch_politely("example.org/b") << "\n";
}

void migrate() { std::cout << "migrating\n"; }

void start(const larder::EnginePtr& engine) {
  larder::Once(engine, "migrate to 3").call([&] { migrate(); });  // in every process, at its start
}

void count(const larder::EnginePtr& engine) {
  auto one_at_a_time = larder::exclusive(publish, larder::Lock(engine, "publish"));
  one_at_a_time(1);

  larder::Averager seconds(engine, "seconds");
  for (const double value : {1.0, 2.0, 6.0}) seconds.add(value);
  std::cout << "average " << seconds.get().value_or(0) << "\n";
}

}  // namespace

int main() {
  std::cout << std::boolalpha;
  use_locks();
  {
    const larder::EnginePtr engine = larder::open_lmdb({.path = "state"});
    share(engine);
    meet(engine);
    fetch_some(engine);
    start(engine);
    start(engine);
    count(engine);
  }
  std::filesystem::remove_all("state");
}
