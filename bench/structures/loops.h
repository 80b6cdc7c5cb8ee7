// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace larder::bench {

/// Reads requests for loops from standard input, runs them on larder's structures in an engine in
/// `folder`, and answers each with the time of every call. diskcache_loops.py does the same with
/// those of diskcache.
void serve_loops(const std::filesystem::path& folder);

}  // namespace larder::bench
