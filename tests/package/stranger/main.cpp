// SPDX-License-Identifier: Apache-2.0
// Usage: stranger DIRECTORY. Keeps a value in a cache there and reads it back.
#include <larder/cache/cache.h>

#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::vector<std::string> words{"bread", "cheese"};
  {
    auto cache = larder::Cache::open({.path = argv[1]});
    cache.put("words", words);
  }
  auto cache = larder::Cache::open({.path = argv[1]});
  const auto kept = cache.get<std::vector<std::string>>("words");
  std::cout << (kept == words ? "kept" : "lost") << "\n";
  return kept == words ? 0 : 1;
}
