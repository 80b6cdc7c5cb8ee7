// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "cli/bench/bench_plan.h"
#include "cli/bench/latency_curve.h"
#include "cli/console.h"

namespace larder::cli {

/// What one operation of one subject took.
struct BenchResult {
  BenchSubject subject;
  BenchOperation operation = BenchOperation::put;
  LatencyCurve latencies = {};  ///< Of every call of all workers.
  std::uint64_t absent = 0;     ///< Calls that found no entry.
  double seconds = 0;           ///< From the begin of the first worker to the end of the last.
};

/// Measures what `plan` says, one subject after the other, in processes of their own, and shows the
/// progress. Whatever was stored is removed before this returns or throws.
/// @throws EndBySignal if a signal asks this process to end, Error if a worker fails
[[nodiscard]] std::vector<BenchResult> run_bench(const BenchPlan& plan, const Console& console);

}  // namespace larder::cli
