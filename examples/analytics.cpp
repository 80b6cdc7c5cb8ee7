// SPDX-License-Identifier: Apache-2.0
//
// Several processes of a web site count page views in one cache; another one takes the counts out
// now and then and adds them up. Nothing is lost, and nothing is counted twice.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "larder/cache/cache.h"

namespace {

const std::vector<std::string> pages = {"about", "home", "shop"};
constexpr int servers = 3;
constexpr int views_each = 3000;

void serve() {
  //! [count]
  larder::Cache cache = larder::Cache::open({.path = "views"});
  for (int view = 0; view < views_each; ++view) {
    cache.incr(pages[static_cast<std::size_t>(view) % pages.size()]);
  }
  //! [count]
}

void report(larder::Cache& cache, std::map<std::string, std::int64_t>& totals) {
  //! [report]
  for (const std::string& page : pages) {
    // One step: a view comes either before it, or counts from zero again.
    totals[page] += cache.pop<std::int64_t>(page).value_or(0);
  }
  //! [report]
}

}  // namespace

int main() {
  for (int i = 0; i < servers; ++i) {
    if (fork() == 0) {
      serve();
      _exit(0);
    }
  }

  larder::Cache cache = larder::Cache::open({.path = "views"});
  std::map<std::string, std::int64_t> totals;
  for (int running = servers; running > 0;) {
    report(cache, totals);
    if (waitpid(-1, nullptr, WNOHANG) > 0) --running;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  report(cache, totals);  // what came since the last one

  std::int64_t all = 0;
  for (const auto& [page, views] : totals) {
    std::cout << page << ": " << views << " views\n";
    all += views;
  }
  std::cout << (all == std::int64_t{servers} * views_each ? "nothing lost" : "wrong") << "\n";
}
