// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "larder/cache/cache.h"

namespace larder::cli {

/// Whether `folder` holds a store already.
[[nodiscard]] bool holds_store(const std::filesystem::path& folder);

/// The directory that the argument STORE names: a path, or `lmdb:` and a path.
/// @throws UsageError for another kind of store
[[nodiscard]] std::filesystem::path store_path(const std::string& store);

/// The directory that STORE is about, which may hold no store, be it named with a cache within.
[[nodiscard]] std::filesystem::path directory_of(const std::string& store);

/// The directory of a store that exists, be it named with a cache within, which must exist, too, as
/// far as the store can be read; without a name, the one of `larder run`.
/// @throws Error `not_supported` if there is none
[[nodiscard]] std::filesystem::path existing_store_path(const std::optional<std::string>& store,
                                                        const Console& console);

/// The directories of the databases of the store in `path`: itself, or its shards.
[[nodiscard]] std::vector<std::filesystem::path> databases_of(const std::filesystem::path& path);

/// Opens a store that exists; without a name, the one of `larder run`. Who only looks opens it
/// `read_only`: then it may be another user's, and nothing shows that it was looked at.
/// @throws Error `not_supported` if there is none: looking must not create anything
[[nodiscard]] Cache open_existing_store(const std::optional<std::string>& store,
                                        const Console& console, OpenMode mode = OpenMode::open);

/// Opens a store, or makes one.
[[nodiscard]] Cache open_or_make_store(const std::string& store, const Console& console);

/// Makes a store, or a cache within one, which is made if it is missing. A cache within is in as
/// many shards as the store.
/// @throws Error `invalid_argument` if there is one already
/// @throws UsageError for `shards` of a cache within
void create_store(const std::string& store, const CacheSettings& settings,
                  std::optional<std::uint32_t> shards, const Console& console);

}  // namespace larder::cli
