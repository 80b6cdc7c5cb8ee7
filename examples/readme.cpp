// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>
#include <map>
#include <string>

#include "larder/cache/cache.h"

using Prices = std::map<std::string, int>;

int main() {
  auto cache = larder::Cache::open({.path = "shop-cache"});
  // Any key, any value; kept for the next run and for every other process.
  cache.put("prices", Prices{{"apple", 120}, {"pear", 180}},
            {.ttl = std::chrono::hours(1), .tags = {"fruit"}});

  if (auto prices = cache.get<Prices>("prices")) {  // nothing once it has expired
    std::cout << "an apple costs " << prices->at("apple") << "\n";
  }
  std::cout << cache.erase_tag("fruit") << " entry tagged fruit went\n";
}
