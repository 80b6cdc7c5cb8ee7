// SPDX-License-Identifier: Apache-2.0

// Two accounts in one engine: money moves whole or not at all.

#include <iostream>

#include "larder/core/error.h"
#include "larder/engine/engine.h"

using namespace larder;

int main() {
  const EnginePtr engine = open_memory_engine();

  engine->update([](WriteTxn& txn) {  // all or nothing
    txn.put(as_bytes("account/a"), as_bytes("70"));
    txn.put(as_bytes("account/b"), as_bytes("30"));
  });
  try {
    engine->update([](WriteTxn& txn) {
      txn.put(as_bytes("account/a"), as_bytes("60"));
      throw Error(ErrorKind::unavailable, "the other bank does not answer");
    });
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }

  engine->view([](ReadTxn& txn) {  // a snapshot; takes no lock
    txn.scan(KeyRange::prefix(as_bytes("account/")), Direction::forward,
             [](BytesView key, BytesView value) {
               std::cout << as_text(key) << " " << as_text(value) << "\n";
               return Visit::more;
             });
  });
}
