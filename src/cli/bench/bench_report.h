// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/bench/bench_run.h"

namespace larder::cli {

/// For people: a table for each operation, a line for each subject.
[[nodiscard]] std::string bench_table(const std::vector<BenchResult>& results);

/// For programs: one JSON object for each operation of each subject, times in seconds.
[[nodiscard]] std::string bench_json(const BenchPlan& plan,
                                     const std::vector<BenchResult>& results);

/// A picture for each operation: time against percentile.
[[nodiscard]] std::string bench_svg(const BenchPlan& plan, const std::vector<BenchResult>& results);

/// A page that needs nothing else: the pictures, the tables, and what was measured where.
[[nodiscard]] std::string bench_html(const BenchPlan& plan,
                                     const std::vector<BenchResult>& results);

}  // namespace larder::cli
