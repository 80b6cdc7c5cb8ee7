// SPDX-License-Identifier: Apache-2.0
//
// Decoded values in memory, never older than what any process has written.
#include "larder/cache/object_tier.h"

#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "larder/cache/cache.h"

int main() {
  larder::Cache cache = larder::Cache::temporary();

  //! [tier]
  using Prices = std::map<std::string, double>;
  cache.put("prices", Prices{{"apple", 0.5}, {"pear", 0.7}});

  larder::ObjectTier<Prices> tier(cache);
  const std::shared_ptr<const Prices> prices = tier.get("prices");        // read and decoded
  std::cout << std::boolalpha << (tier.get("prices") == prices) << "\n";  // the same object

  cache.put("prices", Prices{{"apple", 0.6}});  // here or in another process
  std::cout << tier.get("prices")->at("apple") << "\n";
  std::cout << prices->at("pear") << ", for as long as somebody holds it\n";
  //! [tier]
}
