// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>
#include <string>

#include "larder/cache/cache.h"

int main() {
  using namespace std::chrono_literals;
  //! [get_put]
  larder::Cache cache = larder::Cache::temporary({.max_entries = 1000});
  cache.put("greeting", std::string("hello"), {.ttl = 10min});

  if (const auto greeting = cache.get<std::string>("greeting")) {
    std::cout << *greeting << "\n";
  }
  std::cout << "missing: " << cache.get<std::string>("farewell").value_or("nothing") << "\n";
  //! [get_put]
}
