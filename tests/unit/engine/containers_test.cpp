// SPDX-License-Identifier: Apache-2.0

// Threads of two containers may have the same numbers.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include "larder/engine/engine.h"
#include "support/channel.h"
#include "support/child.h"
#include "support/container.h"
#include "support/engine_under_test.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {
namespace {

TEST(Containers, write_in_turns_though_threads_of_both_have_the_same_numbers) {
  if (!can_contain()) GTEST_SKIP() << "this machine does not let the test make containers";
  const TempDir dir{memory_folder()};
  const std::uint64_t updates = rounds(5000, 50'000);
  const auto write = [&](char name) {
    const EnginePtr engine = open_lmdb({.path = dir / "db"});
    const auto write_all = [&] {
      for (std::uint64_t i = 0; i < updates; ++i) {
        put(*engine, name + std::to_string(i % 100), std::to_string(i));
      }
    };
    // So many that some have numbers that some of the other container have.
    std::vector<std::future<void>> threads;
    for (int i = 0; i < 8; ++i) threads.push_back(std::async(std::launch::async, write_all));
    for (std::future<void>& thread : threads) thread.get();
    return 0;
  };
  // The second one opens the engine in another process than the first: LMDB tells them by numbers.
  Child one = start_container([&] { return write('a'); });
  Child two = start_container([&] { return run_in_child([&] { return write('b'); }).exit_code; });
  for (Child* const writer : {&one, &two}) {
    const ChildEnd end = writer->wait(std::chrono::minutes{5});
    EXPECT_TRUE(end.is_good()) << end;
  }
}

}  // namespace
}  // namespace larder::test
