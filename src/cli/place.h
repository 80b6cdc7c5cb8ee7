// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/console.h"
#include "larder/cache/cache.h"

namespace larder::cli {

/// Whether `folder` holds a store already.
[[nodiscard]] bool holds_store(const std::filesystem::path& folder);

/// The directory that the argument STORE names: a path, or `lmdb:` and a path.
/// @throws UsageError for another kind of store
[[nodiscard]] std::filesystem::path store_path(const std::string& store);

/// The directory of a store that exists, be it named with a cache within; without a name, the one
/// of `larder run`.
/// @throws Error `not_supported` if there is none
[[nodiscard]] std::filesystem::path existing_store_path(const std::optional<std::string>& store);

/// Opens a store that exists; without a name, the one of `larder run`. Who only looks opens it
/// `read_only`: then it may be another user's, and nothing shows that it was looked at.
/// @throws Error `not_supported` if there is none: looking must not create anything
[[nodiscard]] Cache open_existing_store(const std::optional<std::string>& store,
                                        const Console& console, OpenMode mode = OpenMode::open);

/// Opens a store, or makes one.
[[nodiscard]] Cache open_or_make_store(const std::string& store, const Console& console);

}  // namespace larder::cli
