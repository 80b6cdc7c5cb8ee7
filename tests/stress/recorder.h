// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "larder/core/random.h"
#include "stress/history.h"
#include "support/engine_under_test.h"

namespace larder::test {

/// A thread that makes a history.
class HistoryWorker {
 public:
  HistoryWorker() = default;
  HistoryWorker(const HistoryWorker&) = delete;
  HistoryWorker& operator=(const HistoryWorker&) = delete;
  virtual ~HistoryWorker() = default;

  /// What to do next.
  virtual Event next(Random& random) = 0;
  /// Does what `event` asks for and returns the result.
  virtual std::int64_t perform(const Event& event) = 0;
  /// Whether it may end here.
  [[nodiscard]] virtual bool is_idle() const { return true; }
};

/// What a history is about.
struct HistorySubject {
  /// Makes the worker of number `process`, in its thread.
  std::function<std::unique_ptr<HistoryWorker>(const EnginePtr& engine, int process)> worker;
  std::function<bool(const History& history)> is_right;
  /// What a killed worker has is released some time later: the history says so, so many times.
  std::size_t releases_when_killed = 0;
};

/// A few registers and counters of an engine.
[[nodiscard]] HistorySubject registers();

/// How a history is made.
struct HistoryPlan {
  EngineUnderTest engine;
  HistorySubject subject = registers();
  std::size_t processes = 1;  ///< More than one only for persistent engines.
  std::size_t threads = 4;    ///< In each process.
  std::size_t operations = 200;
  bool is_killing = false;  ///< One process is killed on the way; it must not be the only one.
  std::uint64_t seed = 0;
};

/// Lets threads and processes work on the subject in one engine and returns what each of them saw.
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

/// Does so in a test: prints what it did and fails if one is wrong.
void expect_right_histories(const std::string& name, const HistoryPlan& plan, std::uint64_t count);

}  // namespace larder::test
