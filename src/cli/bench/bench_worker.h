// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "cli/bench/bench_arena.h"
#include "cli/bench/bench_plan.h"

namespace larder::cli {

/// Does the share of process number `process`: opens the cache of `subject` in `folder`, runs every
/// operation in `plan.threads` threads, in step with the other processes, and notes each latency in
/// `arena`. Values that come back are compared with what was stored, outside of the time.
/// @throws Error and what the cache throws
void run_bench_process(const BenchPlan& plan, const BenchSubject& subject, std::uint64_t process,
                       const std::filesystem::path& folder, BenchArena& arena);

}  // namespace larder::cli
