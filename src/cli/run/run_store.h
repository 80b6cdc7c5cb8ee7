// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "cli/console.h"
#include "larder/cache/cache.h"

namespace larder::cli {

/// Where `larder run` keeps its results if nothing else is said: `$LARDER_STORE`, else
/// `larder/run` in `$XDG_CACHE_HOME` or in .cache of the home directory, which is `$HOME` or what
/// the system knows of the user.
/// @throws UsageError if there is neither of them nor a home directory
[[nodiscard]] std::filesystem::path default_store_path();

/// What is in the directory of `larder run`.
struct RunStore {
  EnginePtr engine;
  Cache results;  ///< What commands left behind: the cache that the other commands show.
  Cache files;    ///< Digests of input files. Apart, so that it does not blur the statistics.
  bool is_read_only = false;  ///< Results are found, but none can be kept.
};

/// Opens the store, or makes a private one that keeps the results used last up to 5 GiB. A store
/// that exists and may not be written is opened to be read.
/// @throws Error
[[nodiscard]] RunStore open_run_store(const std::filesystem::path& path, const Console& console);

/// What the store knows of the dependencies of commands that write depfiles: lists of names.
[[nodiscard]] Cache open_dependency_lists(const RunStore& store);

/// Where the locks of `store` are.
[[nodiscard]] std::filesystem::path locks_of(const std::filesystem::path& store);

}  // namespace larder::cli
