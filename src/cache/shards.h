// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cache/state.h"
#include "larder/cache/options.h"

namespace larder::detail {

/// In how many shards the cache at `options.path` is, or is to be.
/// @throws Error `invalid_argument` if `options.shards` says something else than what is there
[[nodiscard]] std::uint32_t find_shards(const CacheOptions& options, const CacheHooks& hooks);

/// Opens a cache in several shards and makes it if there is none.
[[nodiscard]] std::shared_ptr<CacheCore> open_shards(const CacheOptions& options,
                                                     const CacheHooks& hooks);

/// The directories of the engines of the cache at `options.path`: one for each shard.
[[nodiscard]] std::vector<std::filesystem::path> engine_paths(const CacheOptions& options,
                                                              const CacheHooks& hooks);

/// Whether directory `path` has a database.
/// @throws Error if that may not be looked at
[[nodiscard]] bool holds_database(Io& io, const std::filesystem::path& path);

/// How many of the shards at `paths` were made. They are made in order: the last ones are missing
/// where that was interrupted.
[[nodiscard]] std::size_t count_made(Io& io, const std::vector<std::filesystem::path>& paths);

/// What reports call the shard with `number`.
[[nodiscard]] std::string shard_name(std::size_t number);

/// How the engine of a cache in directory `path` is opened.
[[nodiscard]] LmdbOptions engine_options(const CacheOptions& options,
                                         const std::filesystem::path& path);
[[nodiscard]] EngineHooks engine_hooks(const CacheHooks& hooks);

/// The share of each of `count` shards: limits are divided so that their sum is what was asked for.
/// @throws Error `invalid_argument` if a limit is too small for that
[[nodiscard]] std::vector<CacheSettings> divide(const CacheSettings& settings, std::size_t count);

}  // namespace larder::detail
