// SPDX-License-Identifier: Apache-2.0
#include "support/engine_under_test.h"

#include <ostream>

namespace larder::test {

std::ostream& operator<<(std::ostream& out, const EngineUnderTest& engine) {
  return out << engine.name;
}

EnginePtr open_memory_with(const EngineSettings& settings) {
  return open_memory_engine(settings.hooks);
}

void put(Engine& engine, std::string_view key, std::string_view value) {
  engine.update([&](WriteTxn& txn) { txn.put(as_bytes(key), as_bytes(value)); });
}

bool erase(Engine& engine, std::string_view key) {
  return engine.update([&](WriteTxn& txn) { return txn.erase(as_bytes(key)); });
}

std::optional<std::string> get(ReadTxn& txn, std::string_view key) {
  const auto value = txn.get(as_bytes(key));
  if (!value) return std::nullopt;
  return std::string(as_text(*value));
}

std::optional<std::string> get(Engine& engine, std::string_view key) {
  return engine.view([&](ReadTxn& txn) { return get(txn, key); });
}

Entries entries(ReadTxn& txn, const KeyRange& range, Direction direction) {
  Entries found;
  txn.scan(range, direction, [&](BytesView key, BytesView value) {
    found.emplace_back(as_text(key), as_text(value));
    return Visit::more;
  });
  return found;
}

Entries entries(Engine& engine, const KeyRange& range, Direction direction) {
  return engine.view([&](ReadTxn& txn) { return entries(txn, range, direction); });
}

KeyRange between(std::string_view begin, std::string_view end) {
  return {.begin = to_bytes(as_bytes(begin)), .end = to_bytes(as_bytes(end))};
}

}  // namespace larder::test
