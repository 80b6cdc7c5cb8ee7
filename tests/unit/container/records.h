// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "larder/engine/engine.h"

namespace larder::test {

/// A record as an engine keeps it.
struct Stored {
  Bytes key;
  Bytes value;
};

/// All records of `engine`.
inline std::vector<Stored> all_of(Engine& engine) {
  std::vector<Stored> found;
  engine.view([&](ReadTxn& txn) {
    txn.scan({}, Direction::forward, [&](BytesView key, BytesView value) {
      found.push_back({to_bytes(key), to_bytes(value)});
      return Visit::more;
    });
  });
  return found;
}

/// Stores bytes as they are.
inline void put(Engine& engine, BytesView key, BytesView value) {
  engine.update([&](WriteTxn& txn) { txn.put(key, value); });
}

}  // namespace larder::test
