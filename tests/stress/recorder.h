// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "stress/history.h"
#include "support/engine_under_test.h"

namespace larder::test {

/// How a history is made.
struct HistoryPlan {
  EngineUnderTest engine;
  std::size_t processes = 1;  ///< More than one only for persistent engines.
  std::size_t threads = 4;    ///< In each process.
  std::size_t operations = 200;
  bool is_killing = false;  ///< One process is killed on the way; it must not be the only one.
  std::uint64_t seed = 0;
};

/// Lets threads and processes work on a few registers and counters of one engine and returns what
/// each of them saw.
[[nodiscard]] History record(const HistoryPlan& plan);

/// What `check_histories` did.
struct HistoryReport {
  std::uint64_t histories = 0;
  std::uint64_t operations = 0;
  std::uint64_t unknown = 0;
  std::uint64_t wrong = 0;
  std::string first_wrong;
};

/// Records `count` histories of `plan`, each with a seed of its own, and checks them.
[[nodiscard]] HistoryReport check_histories(HistoryPlan plan, std::uint64_t count);

}  // namespace larder::test
