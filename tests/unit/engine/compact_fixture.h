// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "larder/engine/engine.h"
#include "support/engine_under_test.h"

namespace larder::test {

/// Much that is gone again, and a little of every kind that stays, which is returned: the database
/// file takes 8 MB then, and needs a few hundred kilobytes.
inline Entries fill_and_erase_most(Engine& engine) {
  engine.update([](WriteTxn& txn) {
    const std::string value(2'000, 'x');
    for (int i = 0; i < 4'000; ++i) {
      const std::string key = "gone" + std::to_string(i);
      txn.put(as_bytes(key), as_bytes(value));
    }
  });
  engine.update([](WriteTxn& txn) {
    txn.erase_range(KeyRange::prefix(as_bytes("gone")));
    for (int i = 0; i < 300; ++i) {
      const std::string key = "kept" + std::to_string(i * 7919 % 1000);
      txn.put(as_bytes(key), as_bytes(std::to_string(i)));
    }
    txn.put(as_bytes("large"), as_bytes(std::string(100'000, 'l')));
    txn.put(as_bytes(std::string(3'000, 'k')), as_bytes("of a long key"));
    txn.put(as_bytes("empty"), {});
  });
  return entries(engine);
}

}  // namespace larder::test
