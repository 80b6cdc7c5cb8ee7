// SPDX-License-Identifier: Apache-2.0
#include "conformance/engine_suite.h"

namespace larder::test {

namespace {

EngineUnderTest lmdb(std::string name, EngineSettings defaults) {
  return {.name = std::move(name), .open = open_lmdb_with, .defaults = std::move(defaults)};
}

std::vector<EngineUnderTest> variants() {
  return {lmdb("durable", {.durability = Durability::durable}),
          lmdb("consistent", {.durability = Durability::consistent}),
          lmdb("disposable", {.durability = Durability::disposable}),
          lmdb("tiny_map", {.map_bytes = 64U << 10U})};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Lmdb, EngineSuite, testing::ValuesIn(variants()), engine_name);
INSTANTIATE_TEST_SUITE_P(Lmdb, PersistentEngineSuite, testing::ValuesIn(variants()), engine_name);

}  // namespace larder::test
