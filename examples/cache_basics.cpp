// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>

#include "larder/cache/cache.h"

using namespace std::chrono_literals;

namespace {

void keep_and_read() {
  //! [get_put]
  larder::Cache cache = larder::Cache::temporary({.max_entries = 1000});
  cache.put("greeting", "hello", {.ttl = 10min});

  if (const auto greeting = cache.get<std::string>("greeting")) {
    std::cout << *greeting << "\n";
  }
  std::cout << "missing: " << cache.get<std::string>("farewell").value_or("nothing") << "\n";
  //! [get_put]
}

//! [aggregate]
struct Forecast {
  std::string summary;
  std::vector<double> degrees;
};

void keep_own_types(larder::Cache cache) {
  cache.put(std::tuple("forecast", "Oslo", 3), Forecast{"rain", {4.5, 6.0}});

  const auto forecast = cache.at<Forecast>(std::tuple("forecast", "Oslo", 3));
  std::cout << forecast.summary << ", " << forecast.degrees.back() << "\n";
}
//! [aggregate]

void count(larder::Cache cache) {
  //! [count]
  cache.incr("visits");
  std::cout << "visits: " << cache.incr("visits") << "\n";
  std::cout << "first: " << cache.add("winner", 1) << ", second: " << cache.add("winner", 2)
            << "\n";
  //! [count]
}

void erase_by_tag(larder::Cache cache) {
  //! [tags]
  cache.put("user/1", 1, {.tags = {"user"}});
  cache.put("user/2", 2, {.tags = {"user", "admin"}});
  std::cout << "erased: " << cache.erase_tag("user") << "\n";
  //! [tags]
}

void change_together(larder::Cache cache) {
  //! [transact]
  cache.put("here", 10);
  cache.put("there", 0);
  cache.transact([&] {
    cache.decr("here", 3);
    cache.incr("there", 3);
  });
  std::cout << cache.at<int>("here") << " and " << cache.at<int>("there") << "\n";
  //! [transact]
}

void stay_small(larder::Cache cache) {
  //! [limits]
  cache.clear();
  cache.change_settings({.max_entries = 2, .eviction = larder::Eviction::lru});
  for (const char* key : {"a", "b", "c"}) cache.put(key, 0);
  for (const larder::Key& key : cache.keys()) std::cout << key.to_string() << " ";
  std::cout << "evicted: " << cache.stats().evicted << "\n";
  //! [limits]
}

}  // namespace

int main() {
  keep_and_read();
  const larder::Cache cache = larder::Cache::temporary();
  keep_own_types(cache);
  count(cache);
  erase_by_tag(cache);
  change_together(cache);
  stay_small(cache);
}
