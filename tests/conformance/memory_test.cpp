// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "conformance/engine_suite.h"
#include "support/child.h"

namespace larder::test {

INSTANTIATE_TEST_SUITE_P(Memory, EngineSuite, testing::Values(memory_engine()), engine_name);

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PersistentEngineSuite);

TEST(MemoryEngine, child_has_a_copy_of_its_own) {
  const EnginePtr engine = open_memory_engine();
  put(*engine, "a", "parent");
  const ChildEnd end = run_in_child([&] {
    put(*engine, "a", "child");
    return get(*engine, "a") == "child" ? 0 : 1;
  });
  EXPECT_TRUE(end.is_good()) << end;
  EXPECT_EQ(get(*engine, "a"), "parent");
}

TEST(MemoryEngine, child_can_update_though_a_thread_of_the_parent_was_updating) {
  const EnginePtr engine = open_memory_engine();
  engine->update([&](WriteTxn& txn) {
    txn.put(as_bytes("a"), as_bytes("unfinished"));
    const auto child = [&] {
      if (get(*engine, "a") == "unfinished") return 1;
      engine->update([](WriteTxn& mine) { mine.put(as_bytes("a"), as_bytes("child")); },
                     {.deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5}});
      return get(*engine, "a") == "child" ? 0 : 2;
    };
    ChildEnd end;
    std::thread([&] { end = run_in_child(child); }).join();
    EXPECT_TRUE(end.is_good()) << end;
  });
  EXPECT_EQ(get(*engine, "a"), "unfinished");
}

}  // namespace larder::test
