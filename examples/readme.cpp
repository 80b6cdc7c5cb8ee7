// SPDX-License-Identifier: Apache-2.0
#include <larder/cache/cache.h>
#include <larder/codec/standard.h>

#include <chrono>
#include <iostream>
#include <map>
#include <string>

int main() {
  using namespace std::chrono_literals;
  auto cache = larder::Cache::open({.path = "larder-readme"});

  std::map<std::string, int> prices{{"apple", 120}, {"pear", 180}};
  cache.put("prices", prices, {.ttl = 1h, .tags = {"shop"}});

  if (auto kept = cache.get<std::map<std::string, int>>("prices")) {
    std::cout << "an apple costs " << kept->at("apple") << "\n";
  }
  cache.incr("visits");
  std::cout << cache.erase_tag("shop") << " entry went, " << cache.size() << " stayed\n";
}
